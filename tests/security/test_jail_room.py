"""Lines 8, 9 and 10 of the security checklist: what a runner has, its end without a jail, its clean start."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from alur_jail.room import NoJailError
from tests.support.jail import OPEN, Cell, cell, no_jail, warm_parent

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Code of a user gets at the real modules by a way that no import hook sees.


async def python(cell: Cell, text: str) -> object:
    return await cell.run("python", OPEN + text)


async def test_8_the_environment_is_empty(jailed: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "sings")
    assert await python(jailed, "return {'seen': dict(os.environ)}") == {"seen": {}}


async def test_8_a_runner_is_nobody_inside(jailed: Cell) -> None:
    told = await python(
        jailed, "return {'ids': [os.getuid(), os.geteuid(), os.getgid(), os.getegid()]}"
    )
    assert told == {"ids": [65_532] * 4}


async def test_8_no_process_of_the_jail_that_runs_code_is_root(jailed: Cell) -> None:
    for language in ("python", "javascript"):
        await jailed.run(language, "return []")
    expected = os.geteuid() or 65_532
    for guest in ("python_code", "javascript_code"):
        state = _status(warm_parent(guest))
        assert set(state["Uid"].split()) == {str(expected)}
        assert (state["NoNewPrivs"], state["Seccomp"], state["Groups"]) == (
            "1",
            "2",
            state["Groups"],
        )
        assert [state[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Amb")] == ["0" * 16] * 4


async def test_8_there_is_no_network(jailed: Cell) -> None:
    text = "socket = sys.modules['_socket']\ntry:\n  socket.socket()\nexcept OSError as e:\n  return {'errno': e.errno}"
    assert await python(jailed, text) == {"errno": 1}


async def test_8_the_root_holds_the_interpreter_and_nothing_else(jailed: Cell) -> None:
    told = await python(jailed, "return {'root': os.listdir('/'), 'alur': os.listdir('/alur')}")
    assert isinstance(told, dict)
    parts = {"alur", "python", "usr", "lib", "lib64", Path(sys.base_prefix).parts[1]}
    assert set(told["root"]) <= parts
    assert not any(name.startswith("alur_") and name != "alur_jail" for name in told["alur"])


@pytest.mark.parametrize("place", ["/", "/alur", "/python/lib", "/usr/lib", "/tmp", "/dev/shm"])  # noqa: S108  an attack
async def test_8_nothing_can_be_written(jailed: Cell, place: str) -> None:
    text = f"io = json.codecs.builtins.open\ntry:\n  io({place!r} + '/x', 'w')\nexcept OSError as e:\n  return {{'no': e.errno}}"
    told = await python(jailed, text)
    assert isinstance(told, dict)
    assert told["no"] in {1, 2, 30, 13}


@pytest.mark.parametrize(
    "path",
    [
        "/proc/self/mem",
        "/proc/1/environ",
        "/etc/passwd",
        "/sys",
        "/dev/null",
        "/var/run/secrets",
        "/run",
    ],
)
async def test_8_what_a_host_has_is_not_there(jailed: Cell, path: str) -> None:
    assert await python(jailed, f"return {{'there': os.path.exists({path!r})}}") == {"there": False}


async def test_9_without_a_jail_code_is_refused_with_what_to_do(tmp_path: Path) -> None:
    refusing = Cell(no_jail(), counted=None)  # type: ignore[arg-type]  # nothing is counted
    with pytest.raises(NoJailError, match="install the package `bubblewrap`"):
        await refusing.run("python", "return []")


async def test_9_a_jail_that_cannot_be_entered_is_refused_with_its_reason(tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: no permission to make namespaces' >&2\nexit 1\n")
    broken.chmod(0o755)
    async with cell(bubblewrap=str(broken)) as made:
        with pytest.raises(NoJailError, match="no permission to make namespaces"):
            await made.run("javascript", "return []")


async def test_9_a_machine_whose_calls_are_not_known_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="riscv64"))
    async with cell() as made:
        with pytest.raises(NoJailError, match="x86_64 and aarch64 only"):
            await made.run("python", "return []")


@pytest.mark.parametrize(
    ("language", "leave", "look"),
    [
        (
            "javascript",
            "globalThis.left = 1; Object.prototype.left = 1; Array.prototype.map = 1; JSON.parse = 1;"
            "Math.random = () => 0; return []",
            "return { left: typeof left, own: ({}).left === undefined, map: typeof [].map,"
            " parse: typeof JSON.parse, random: Math.random() > 0 }",
        ),
        (
            "python",
            "import json, math\njson.left = 1\nmath.pi = 3\njson.codecs.builtins.left = 1\nreturn []",
            "import json, math\nreturn {'left': hasattr(json, 'left'), 'pi': math.pi == 3,"
            " 'built': hasattr(json.codecs.builtins, 'left')}",
        ),
    ],
)
async def test_3_and_10_what_one_run_leaves_another_does_not_find(
    jailed: Cell, language: str, leave: str, look: str
) -> None:
    clean = await jailed.run(language, look, tenant="other")
    await jailed.run(language, leave, tenant="acme")
    assert await jailed.run(language, look, tenant="other") == clean
    assert await jailed.run(language, look, tenant="acme") == clean


async def test_10_runs_beside_each_other_cannot_reach_each_other(jailed: Cell) -> None:
    text = (
        OPEN + "found = []\n"
        "for pid in range(1, 100):\n"
        "  for reach in (lambda: os.kill(pid, 9), lambda: os.pidfd_open(pid)):\n"
        "    try:\n      reach()\n      found.append(pid)\n    except OSError: pass\n"
        "return {'found': found}"
    )
    slow = jailed.run(
        "python", "import time\ntime.sleep(0.3)\nreturn {'lives': True}", tenant="other"
    )
    waiting = asyncio.create_task(slow)
    await asyncio.sleep(0.1)
    assert await jailed.run("python", text) == {"found": []}
    assert await waiting == {"lives": True}


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
