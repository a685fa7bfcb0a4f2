"""The control group of all code: its limits, on both versions, and refusals where it cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from alur_jail.examining import examine
from alur_jail.groups import open_group, what_there_is
from alur_jail.room import JailSettings, NoJailError
from tests.support.jail import MIB, cell

SETTINGS = JailSettings(cgroup="alur/code", concurrency=2, max_memory=64 * MIB)
V1 = {
    "memory": ("memory.limit_in_bytes", "memory.oom_control"),
    "pids": ("pids.max",),
}
V2 = ("memory.max", "memory.swap.max", "memory.events", "pids.max")


def files(folder: Path, *names: str) -> Path:
    """Return a folder with the files that a kernel would make."""
    folder.mkdir(parents=True)
    for name in ("cgroup.procs", *names):
        (folder / name).touch()
    return folder


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    for controller, names in V1.items():
        files(tmp_path / controller)
        files(tmp_path / controller / "alur/code", *names)
    return tmp_path


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    root = tmp_path / "unified"
    files(root / "alur/code", *V2)
    (root / "cgroup.controllers").write_text("cpu memory pids\n")
    (root / "alur/cgroup.subtree_control").touch()
    return root


def test_on_version_2_memory_swap_and_processes_are_bounded(v2: Path) -> None:
    group = open_group(SETTINGS, v2)
    group.take(4711)
    made = {name: (v2 / "alur/code" / name).read_text() for name in (*V2, "cgroup.procs")}
    assert made == {
        "memory.max": str(128 * MIB),
        "memory.swap.max": "0",
        "memory.events": "",
        "pids.max": "12",
        "cgroup.procs": "4711",
    }


def test_on_version_1_each_controller_has_its_limit_and_the_process(v1: Path) -> None:
    open_group(SETTINGS, v1).take(4711)
    memory, pids = v1 / "memory/alur/code", v1 / "pids/alur/code"
    assert (memory / "memory.limit_in_bytes").read_text() == str(128 * MIB)
    assert (pids / "pids.max").read_text() == "12"
    assert {(each / "cgroup.procs").read_text() for each in (memory, pids)} == {"4711"}


def test_controllers_are_switched_on_where_a_new_group_has_none(v2: Path) -> None:
    (v2 / "alur/code/memory.max").unlink()
    with pytest.raises(NoJailError, match=r"memory\.max cannot be written"):
        open_group(SETTINGS, v2)
    assert (v2 / "alur/cgroup.subtree_control").read_text() == "+memory +pids"


@pytest.mark.parametrize("name", ["/alur", "../alur", "alur/../..", "."])
def test_a_name_that_leads_elsewhere_is_refused(v2: Path, name: str) -> None:
    with pytest.raises(NoJailError, match="is no path below"):
        open_group(JailSettings(cgroup=name), v2)


def test_a_machine_without_control_groups_refuses_those_that_are_asked_for(tmp_path: Path) -> None:
    assert what_there_is(tmp_path) == "this machine shows none with memory and processes"
    with pytest.raises(NoJailError, match=r"shows none .* leave `ALUR_CODE_CGROUP` empty"):
        open_group(SETTINGS, tmp_path)


def test_kills_of_the_kernel_are_read_in_both_versions(v1: Path, v2: Path) -> None:
    first, second = open_group(SETTINGS, v1), open_group(SETTINGS, v2)
    assert (first.kills(), second.kills()) == (0, 0)
    first.told.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
    second.told.write_text("low 0\nhigh 0\nmax 5\noom 2\noom_kill 2\n")
    assert (first.kills(), second.kills()) == (3, 2)


async def test_code_is_refused_where_its_group_cannot_be_had() -> None:
    async with cell(cgroup="../elsewhere") as made:
        with pytest.raises(NoJailError, match="its control group cannot be had"):
            await made.run("python", "return []")


async def test_the_doctor_tells_of_the_control_group() -> None:
    named = {look.name: look for look in await examine(JailSettings(cgroup="../elsewhere"))}
    assert not named["control group"].is_well
    assert "delegate" in named["control group"].remedy
    unnamed = {look.name: look for look in await examine(JailSettings())}
    assert unnamed["control group"].is_well
    assert "ALUR_CODE_CGROUP" in unnamed["control group"].seen
