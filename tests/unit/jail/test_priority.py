from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest

from alur_jail.guest import priority
from alur_jail.guest.priority import give_way

SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}
ATTRIBUTES = "=IIQiIQQQ"


@pytest.fixture
def process() -> Iterator[int]:
    """A process of ours that waits."""
    with subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE) as running:
        yield running.pid
        running.kill()


def slice_of(pid: int) -> int:
    """Return the nanoseconds of a process's slice; 0 where the system does not know of any."""
    told = ctypes.create_string_buffer(struct.calcsize(ATTRIBUTES))
    number = SCHED_GETATTR[os.uname().machine]
    assert ctypes.CDLL(None).syscall(number, pid, told, len(told), 0) == 0
    return int(struct.unpack(ATTRIBUTES, told.raw)[5])


def test_who_gives_way_has_a_smaller_share_and_a_longer_slice(process: int) -> None:
    knows_slices = slice_of(process) > 0
    give_way(process, 12, 50)
    assert os.getpriority(os.PRIO_PROCESS, process) == 12
    assert slice_of(process) == (50_000_000 if knows_slices else 0)


@pytest.mark.parametrize("policy", [os.SCHED_BATCH, os.SCHED_IDLE])
def test_who_is_scheduled_in_another_way_stays_so(process: int, policy: int) -> None:
    os.sched_setscheduler(process, policy, os.sched_param(0))
    give_way(process, 12, 50)
    assert os.sched_getscheduler(process) == policy


def test_nobody_gets_a_larger_share_than_before(process: int) -> None:
    os.setpriority(os.PRIO_PROCESS, process, 15)
    give_way(process, 5, 10)
    assert os.getpriority(os.PRIO_PROCESS, process) == 15


def test_a_system_without_the_call_goes_by_the_share_alone(
    process: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = slice_of(process)
    monkeypatch.setitem(priority._SCHED_SETATTR, os.uname().machine, 100_000)
    give_way(process, 12, 50)
    assert (os.getpriority(os.PRIO_PROCESS, process), slice_of(process)) == (12, before)


def test_who_has_gone_is_told_of() -> None:
    with subprocess.Popen((sys.executable, "-c", "")) as gone:
        gone.wait()
        with pytest.raises(ProcessLookupError):
            give_way(gone.pid, 12, 50)
