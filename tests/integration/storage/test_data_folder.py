"""One process at a time has the data folder, and nobody else can read it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from alur_common.data_folder import DataFolder
from alur_sdk.errors import StateError, StorageError


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "a" / "data")
    folder.close()
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_folder_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    (tmp_path / "data").chmod(0o755)
    DataFolder.open(tmp_path / "data").close()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_second_holder_is_told_who_has_it(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    with pytest.raises(StateError, match=f"in use by process {os.getpid()}"):
        DataFolder.open(tmp_path / "data")
    folder.close()
    DataFolder.open(tmp_path / "data").close()


def test_a_second_process_is_refused_and_the_end_of_the_first_frees_it(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from alur_common.data_folder import DataFolder; "
        "folder = DataFolder.open(pathlib.Path(sys.argv[1])); print('held', flush=True); input()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data")]
    holder = subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StateError, match=f"process {holder.pid}"):
            DataFolder.open(tmp_path / "data")
        holder.kill()
    DataFolder.open(tmp_path / "data").close()


def test_a_folder_with_other_files_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    tmp_path.chmod(0o755)
    with pytest.raises(StateError, match="holds other files"):
        DataFolder.open(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StorageError, match="is a file"):
        DataFolder.open(tmp_path / "data")


def test_a_folder_of_a_newer_alur_is_refused_and_stays_free(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    (tmp_path / "data" / "version").write_text("2\n")
    for _ in range(2):
        with pytest.raises(StateError, match="newer Alur"):
            DataFolder.open(tmp_path / "data")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"one"])
def test_a_damaged_version_is_named(tmp_path: Path, content: bytes) -> None:
    DataFolder.open(tmp_path / "data").close()
    (tmp_path / "data" / "version").write_bytes(content)
    with pytest.raises(StorageError, match="version is damaged"):
        DataFolder.open(tmp_path / "data")
