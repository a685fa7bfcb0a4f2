"""Attacks on the files of an execution (7, 10, 14, 37): no way out, no more than allowed, nothing left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alur_executor.adapters.file_area import FileArea, FileAreas, Quota
from alur_sdk.errors import ByteLimitError, LimitError, Permanent, StateError, StorageError

CANARY = "the canary outside"


@pytest.fixture
async def areas(tmp_path: Path) -> AsyncIterator[FileAreas]:
    (tmp_path / "canary").write_text(CANARY)
    areas = FileAreas(tmp_path / "files", Quota(bytes=100, files=3))
    yield areas
    await areas.close()


@pytest.fixture
def area(areas: FileAreas) -> FileArea:
    return areas.area("acme")


async def written(area: FileArea, path: str | None, content: bytes = b"x") -> str:
    file = await area.create(path)
    try:
        await file.write(content)
    finally:
        await file.close()
    return file.path


def place_of(area: FileArea) -> Path:
    assert area._place is not None
    return area._place


async def test_what_is_written_is_read_listed_and_removed(area: FileArea) -> None:
    for path in ("a/b.txt", "c"):
        await written(area, path, path.encode())
    assert await area.names() == ["a/b.txt", "c"]
    assert await area.read("a/b.txt") == b"a/b.txt"
    await area.remove("a/b.txt")
    assert await area.names() == ["c"]
    with pytest.raises(Permanent, match=r"there is no file .a/b\.txt."):
        await area.read("a/b.txt")


@pytest.mark.parametrize(
    "path",
    [
        "../canary", "a/../../canary", "/etc/passwd", "", ".", "..", "a//b", "a/", "./a", "a\0b",
        "a\nb", "..\\canary", "a/" * 9 + "b", "n" * 256, "é" * 128, "\u202etxt.exe", "\ud800",
    ],
)  # fmt: skip
async def test_14_a_path_that_could_lead_elsewhere_is_refused(area: FileArea, path: str) -> None:
    await written(area, "a/b")
    for use in (area.create, area.read, area.remove, area.open):
        with pytest.raises(Permanent):
            await use(path)


async def test_14_a_link_that_was_put_there_is_not_followed(area: FileArea, tmp_path: Path) -> None:
    await written(area, "a/b")
    place = place_of(area)
    (place / "file").symlink_to(tmp_path / "canary")
    (place / "folder").symlink_to(tmp_path)
    os.link(tmp_path / "canary", place / "hard")
    os.mkfifo(place / "pipe")
    for path in ("file", "folder/canary", "hard", "pipe", "a"):
        with pytest.raises(Permanent):
            await area.read(path)
    for path in ("file", "folder/new"):
        with pytest.raises(Permanent):
            await area.create(path)
    assert (tmp_path / "canary").read_text() == CANARY
    await area.close()
    assert (tmp_path / "canary").read_text() == CANARY


async def test_14_a_folder_that_is_swapped_for_a_link_leads_nowhere(
    area: FileArea, tmp_path: Path
) -> None:
    await written(area, "a/b")
    place = place_of(area)
    (place / "a").rename(place / "moved")
    (place / "a").symlink_to(tmp_path)
    for use in (area.read, area.remove):
        with pytest.raises(Permanent):
            await use("a/canary")
    assert (tmp_path / "canary").exists()


async def test_files_are_made_once(area: FileArea) -> None:
    await written(area, "a")
    with pytest.raises(Permanent, match="is there already"):
        await area.create("a")


async def test_42_no_more_bytes_than_allowed_are_written(area: FileArea) -> None:
    await written(area, "a", b"x" * 60)
    file = await area.create("b")
    await file.write(b"x" * 40)
    with pytest.raises(ByteLimitError, match="ALUR_FILES_MAX_MIB"):
        await file.write(b"x")
    await file.close()
    await area.remove("a")
    await written(area, "c", b"x" * 60)
    assert sum(path.stat().st_size for path in place_of(area).iterdir()) == 100


async def test_42_all_executions_together_write_no_more_than_the_process_may(
    tmp_path: Path,
) -> None:
    areas = FileAreas(tmp_path / "files", Quota(bytes=100, files=3, total=200))
    one, other, third = (areas.area(tenant) for tenant in ("acme", "blue", "coil"))
    await written(one, "a", b"x" * 100)
    await written(other, "a", b"x" * 70)
    await written(third, "a", b"x" * 30)
    file = await other.create("b")
    with pytest.raises(StorageError, match=r"ALUR_FILES_TOTAL_MIB.*try again") as refused:
        await file.write(b"x")
    assert "200" not in refused.value.message
    await file.close()
    await third.remove("a")
    await written(other, "c", b"x" * 30)
    await one.close()
    await written(third, "b", b"x" * 100)
    with pytest.raises(StorageError):
        await written(areas.area("acme"), "d")
    await areas.close()


async def test_42_one_tenant_leaves_half_of_the_room_to_the_others(tmp_path: Path) -> None:
    areas = FileAreas(tmp_path / "files", Quota(bytes=100, files=3, total=200))
    first, second, other = (areas.area(tenant) for tenant in ("acme", "acme", "blue"))
    await written(first, "a", b"x" * 60)
    await written(second, "a", b"x" * 40)
    with pytest.raises(StorageError, match="half of it for one tenant"):
        await written(second, "b")
    await written(other, "a", b"x" * 100)
    await first.close()
    await written(second, "c", b"x" * 60)
    await areas.close()


async def test_42_a_file_that_was_refused_takes_nothing_from_the_others(tmp_path: Path) -> None:
    areas = FileAreas(tmp_path / "files", Quota(bytes=100, files=3, total=200))
    one, other = areas.area("acme"), areas.area("acme")
    for _ in range(3):
        with pytest.raises(ByteLimitError):
            await written(one, None, b"x" * 101)
    await written(other, "a", b"x" * 100)
    await one.close()
    await areas.close()


async def test_42_no_more_files_than_allowed_are_made(area: FileArea) -> None:
    for _ in range(3):
        await written(area, None)
    with pytest.raises(LimitError, match="ALUR_FILES_MAX_COUNT"):
        await area.create()
    await area.remove((await area.names())[0])
    await written(area, None)


async def test_10_executions_do_not_see_each_other_and_leave_nothing(areas: FileAreas) -> None:
    one, other = areas.area("acme"), areas.area("acme")
    await written(one, "a", b"mine")
    with pytest.raises(Permanent):
        await other.read("a")
    place = place_of(one)
    await one.close()
    assert not place.exists()
    with pytest.raises(StateError, match="has ended"):
        await one.create("b")
    await other.close()


async def test_nothing_is_on_the_disk_before_it_is_needed(areas: FileAreas, tmp_path: Path) -> None:
    await areas.area("acme").close()
    await areas.sweep()
    assert not (tmp_path / "files").exists()


async def test_all_is_for_this_user_alone(area: FileArea) -> None:
    await written(area, "a/b")
    place = place_of(area)
    modes = [path.stat().st_mode & 0o077 for path in (place.parent, place, *place.rglob("*"))]
    assert set(modes) == {0}


@pytest.mark.parametrize("mode", [0o755, 0o1777])
async def test_a_folder_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    root = tmp_path / "files"
    root.mkdir()
    root.chmod(mode)
    with pytest.raises(StateError, match="ALUR_FILES"):
        await FileAreas(root, Quota()).area("acme").create("a")


async def test_14_a_root_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "files").symlink_to(tmp_path / "real")
    areas = FileAreas(tmp_path / "files", Quota())
    with pytest.raises(StateError, match="ALUR_FILES"):
        await areas.area("acme").create("a")
    assert await areas.sweep() == 0


CHILD = """
import asyncio, sys
from pathlib import Path
from alur_executor.adapters.file_area import FileAreas, Quota

async def main():
    file = await FileAreas(Path(sys.argv[1]), Quota()).area("acme").create("left")
    await file.write(b"x")
    await file.close()
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_what_a_killed_process_left_is_removed_at_the_next_start_and_no_sooner(
    areas: FileAreas, tmp_path: Path
) -> None:
    root = tmp_path / "files"
    await written(areas.area("acme"), "mine")
    command = [sys.executable, "-c", CHILD, str(root)]
    child = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    await asyncio.to_thread(child.stdout.readline)
    assert await areas.sweep() == 0
    assert len(list(root.rglob("left"))) == 1
    child.send_signal(signal.SIGKILL)
    await asyncio.to_thread(child.communicate)
    assert await areas.sweep() == 1
    left = {path.suffix or path.name for path in root.rglob("*") if path.is_file()}
    assert left == {".lock", "mine"}
