"""Jails for tests: a real one, and one on a machine that cannot have any."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alur_engine.expressions import helped
from alur_jail import Ears, Jail, JailSettings, RunLimits
from alur_sdk import Json

MIB = 1024 * 1024
OPEN = "import json\nsys = json.codecs.sys\nos = sys.modules['os']\n"
"""Begins Python code that gets at modules which it may not import."""


@dataclass
class Counted:
    """Keeps what a jail counts."""

    runs: list[tuple[str, str]] = field(default_factory=list)
    kills: list[str] = field(default_factory=list)

    def ran(self, language: str, result: str, took: float) -> None:
        self.runs.append((language, result))

    def killed(self, reason: str) -> None:
        self.kills.append(reason)


def processes(pid: int) -> list[int]:
    """Return a process and all below it; one that has ended meanwhile has none."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(below for child in listed for below in processes(int(child)))]


def warm_parent(guest: str) -> int:
    """Return the process of ours that is the warm parent of a module of the guest."""
    for pid in processes(os.getpid()):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        if words[0].startswith(b"/python") and guest.encode() in words:
            return pid
    raise LookupError(f"no warm parent of {guest} runs")


def memory(pid: int) -> tuple[int, int]:
    """Return the bytes of memory that a process has, and how many of them are in no file."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    told = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return int(told["VmRSS"].split()[0]) * 1024, int(told["RssAnon"].split()[0]) * 1024


def no_jail() -> Jail:
    """Return a jail that can never be built."""
    return Jail(JailSettings(bubblewrap="there-is-no-such-program"), Counted())


class Cell:
    """A real jail, and what came of the runs in it."""

    def __init__(self, jail: Jail, counted: Counted) -> None:
        self.jail = jail
        self.counted = counted
        self.lines: list[str] = []
        self.answers: dict[str, Any] = {}

    async def run(
        self,
        language: str,
        code: str,
        items: list[dict[str, Any]] | None = None,
        *,
        mode: str = "all",
        seconds: float = 5,
        memory: int = 128 * MIB,
        tenant: str = "acme",
    ) -> Json:
        """Run code on items, given as their JSON, and return what it returned."""
        request = {
            "mode": mode,
            "code": code,
            "script": helped(code) if language == "javascript" else code,
            "items": [{"json": item} for item in (items if items is not None else [{}])],
            "now_ms": 1_800_000_000_000,
            "time_zone": "Asia/Jakarta",
        }
        ears = Ears(self._answer, self.lines.append)
        limits = RunLimits(seconds, memory)
        return await self.jail.run(tenant, f"{language}_code", request, limits, ears)

    def _answer(self, what: str, details: Mapping[str, Any]) -> Json:
        return self.answers[what if what != "node" else f"{details['name']}.{details['part']}"]


@asynccontextmanager
async def cell(**settings: Any) -> AsyncIterator[Cell]:
    """Yield a real jail; its processes end with it."""
    counted = Counted()
    bridge = {
        "bridge": "alur_engine.expressions.bridge",
        "bridge_packages": ("alur_engine", "alur_sdk", "jmespath", "tzdata"),
    }
    jail = Jail(JailSettings(**{**bridge, **settings}), counted)
    try:
        yield Cell(jail, counted)
    finally:
        await jail.stop()
