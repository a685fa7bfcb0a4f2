"""The allow list of system calls, as a classic BPF program (seccomp(2), linux/filter.h).

What is not on the list fails with EPERM; a call of another architecture kills the process.
"""

from __future__ import annotations

import os
import struct
from typing import Final

# Name: (number on x86_64, number on aarch64); -1 where the architecture has no such call.
CALLS: Final = {
    "capset": (126, 91),
    "read": (0, 63), "write": (1, 64), "open": (2, -1), "close": (3, 57), "stat": (4, -1),
    "fstat": (5, 80), "lstat": (6, -1), "poll": (7, -1), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "ioctl": (16, 29),
    "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "access": (21, -1),
    "sched_yield": (24, 124), "mremap": (25, 216), "madvise": (28, 233), "dup": (32, 23),
    "dup2": (33, -1), "nanosleep": (35, 101), "getpid": (39, 172), "sendto": (44, 206),
    "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212), "getsockname": (51, 204), "getsockopt": (55, 209),
    "clone": (56, 220),
    "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "exit": (60, 93),
    "wait4": (61, 260), "uname": (63, 160), "fcntl": (72, 25), "getcwd": (79, 17),
    "readlink": (89, -1), "gettimeofday": (96, 169), "getrlimit": (97, 163),
    "getrusage": (98, 165), "sysinfo": (99, 179), "times": (100, 153), "getuid": (102, 174),
    "getgid": (104, 176), "geteuid": (107, 175), "getegid": (108, 177), "getppid": (110, 173),
    "setresuid": (117, 147), "setresgid": (119, 149), "setgroups": (116, 159),
    "sigaltstack": (131, 132), "prctl": (157, 167), "arch_prctl": (158, -1),
    "getpriority": (140, 141), "setpriority": (141, 140), "sched_setattr": (314, 274), "setrlimit": (160, 164), "gettid": (186, 178), "futex": (202, 98),
    "sched_getaffinity": (204, 123), "getdents64": (217, 61), "set_tid_address": (218, 96),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "exit_group": (231, 94), "openat": (257, 56), "newfstatat": (262, 79),
    "readlinkat": (267, 78), "ppoll": (271, 73), "set_robust_list": (273, 99),
    "dup3": (292, 24), "prlimit64": (302, 261), "seccomp": (317, 277), "getrandom": (318, 278),
    "statx": (332, 291), "rseq": (334, 293), "pidfd_open": (434, 434), "clone3": (435, 435),
    "close_range": (436, 436), "faccessat": (269, 48), "faccessat2": (439, 439),
}  # fmt: skip
STARTING: Final = frozenset(
    {"capset", "clone", "clone3", "fork", "vfork", "execve", "wait4", "setresuid", "setresgid", "setgroups",
     "prctl", "seccomp", "setrlimit", "prlimit64", "pidfd_open", "sendmsg", "recvmsg", "ioctl",
     "getsockname", "getsockopt", "dup", "dup2", "dup3", "close_range", "arch_prctl",
     "getpriority", "setpriority", "sched_setattr", "fcntl"}
)  # fmt: skip
"""What only starting takes: no longer allowed when code of a user runs. By `fcntl` a process has another one signalled."""
_ARCHES: Final = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_KILL, _ERRNO, _ALLOW, _EPERM, _ENOSYS = 0x80000000, 0x00050000, 0x7FFF0000, 1, 38
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32 = 0x40000000


def is_known() -> bool:
    """Whether the calls of this machine's architecture are known."""
    return os.uname().machine in _ARCHES


def program(*, is_starting: bool) -> bytes:
    """Return the filter for a runner that starts, or for one that runs the code of a user."""
    arch, column = _ARCHES[os.uname().machine]
    numbers = {
        each[column]
        for name, each in CALLS.items()
        if each[column] >= 0 and (is_starting or name not in STARTING)
    }
    # glibc falls back from `clone3` only when it is told that there is no such call.
    absent = set() if is_starting else {CALLS["clone3"][column]}
    return _assembled(arch, sorted(numbers), sorted(absent))


def _assembled(arch: int, allowed: list[int], absent: list[int]) -> bytes:
    checks = [(number, _ALLOW) for number in allowed]
    checks += [(number, _ERRNO | _ENOSYS) for number in absent]
    made = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    for number, answer in checks:
        made += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, answer)]
    made.append((_RETURN, 0, 0, _ERRNO | _EPERM))
    return b"".join(struct.pack("<HBBI", *each) for each in made)
