"""Finding out what kind of jail this machine can have, by building it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alur_jail.groups import open_group, what_there_is
from alur_jail.guest import seccomp
from alur_jail.pool import Ears, Jail, RunLimits
from alur_jail.room import JailSettings, NoJailError, find_bubblewrap
from alur_sdk.errors import AlurError
from alur_sdk.items import Json

_LIMITS: Final = RunLimits(10.0, 64 * 1024 * 1024)
_USER_NAMESPACES: Final = (
    Path("/proc/sys/kernel/unprivileged_userns_clone"),
    Path("/proc/sys/user/max_user_namespaces"),
)
_STATUS: Final = Path("/proc/self/status")
_PROBES: Final = {"JavaScript code": "javascript_code", "Python code": "python_code"}


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked at; `remedy` says what to do when it is not well."""

    name: str
    is_well: bool
    seen: str
    remedy: str = ""


class _Uncounted:
    def ran(self, language: str, result: str, took: float) -> None:
        pass

    def killed(self, reason: str) -> None:
        pass


async def examine(settings: JailSettings) -> list[Look]:
    """Look for what the jail needs, then run code in each language; it ends at the first thing missing."""
    try:
        program = find_bubblewrap(settings)
    except NoJailError as error:
        return [
            Look("jail", False, error.message, "install bubblewrap; all but code works without")
        ]
    looks = [Look("jail", True, program)]
    machine = os.uname().machine
    if not seccomp.is_known():
        return [*looks, Look("system calls", False, machine, "run executors on x86_64 or aarch64")]
    looks.append(_group(settings))
    for name, language in _PROBES.items():
        looks.append(await _tried(settings, name, language))
    return looks


def _group(settings: JailSettings) -> Look:
    """Say what bounds all code together: nothing must, for each runner is bounded by itself."""
    name = "control group"
    if not settings.cgroup:
        seen = f"none is named (`ALUR_CODE_CGROUP`); {what_there_is()}"
        return Look(name, True, seen)
    try:
        return Look(name, True, str(open_group(settings)))
    except NoJailError as error:
        remedy = "delegate a control group to this user, or leave `ALUR_CODE_CGROUP` empty"
        return Look(name, False, error.message, remedy)


async def _tried(settings: JailSettings, name: str, language: str) -> Look:
    jail = Jail(settings, _Uncounted())
    request = {"mode": "all", "code": "return 42", "items": [], "now_ms": 0, "time_zone": "UTC"}
    try:
        answer = await jail.run("doctor", language, request, _LIMITS, Ears(_nothing, _unheard))
    except AlurError as error:
        return Look(name, False, error.message, _remedy())
    finally:
        await jail.stop()
    return Look(name, answer == 42, f"runs as {_who()}")  # noqa: PLR2004  what the probe returns


def _nothing(what: str, details: Mapping[str, Any]) -> Json:
    del what, details


def _unheard(line: str) -> None:
    del line


def _who() -> str:
    return "nobody, dropped from root" if os.geteuid() == 0 else "nobody, in a user namespace"


def _remedy() -> str:
    if _is_filtered():
        return (
            "a seccomp profile is over this process, as container runtimes set it: let it make namespaces "
            "(a profile of your own, or gVisor; see `The jail` in the documentation)"
        )
    if os.geteuid() == 0:
        return "let the container make namespaces (CAP_SYS_ADMIN), or run as a plain user"
    for switch in _USER_NAMESPACES:
        if switch.exists() and switch.read_text().strip() == "0":
            return f"allow user namespaces: {switch} is 0"
    return "allow user namespaces to this user (AppArmor or the container may forbid them)"


def _is_filtered() -> bool:
    return "\nSeccomp:\t2\n" in _STATUS.read_text()
