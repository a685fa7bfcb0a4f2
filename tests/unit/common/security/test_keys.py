from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alur_common.security.keys import add_key, drop_key, load_keys
from alur_sdk.errors import StateError, StorageError

KEY = b"k" * 32
TEXT = base64.b64encode(KEY).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "master"


def test_a_key_is_made_once_for_its_owner_alone(path: Path) -> None:
    first = load_keys(path)
    assert load_keys(path) == first
    assert len(first[0]) == 32
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [kept.name for kept in path.parent.iterdir()] == ["master"]


def test_processes_that_start_together_get_one_key(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load_keys(path)[0], range(32)))
    assert len(set(keys)) == 1


def test_the_environment_wins(path: Path) -> None:
    other = base64.b64encode(b"o" * 32).decode()
    assert load_keys(path, f"{TEXT},{other}") == [KEY, b"o" * 32]
    assert not path.exists()


@pytest.mark.parametrize("text", ["x", "é", TEXT[:-4], TEXT + ","])
def test_a_malformed_key_is_refused_without_showing_it(path: Path, text: str) -> None:
    with pytest.raises(StateError) as raised:
        load_keys(path, text)
    assert text not in str(raised.value).split()


@pytest.mark.parametrize("content", ["", "\n", "short", "é"])
def test_a_damaged_file_is_never_replaced(path: Path, content: str) -> None:
    load_keys(path)
    path.write_text(content, "utf-8")
    with pytest.raises(StateError):
        load_keys(path)
    assert path.read_text("utf-8") == content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    load_keys(path)
    path.chmod(mode)
    with pytest.raises(StateError, match="chmod 600"):
        load_keys(path)


def test_a_new_key_comes_first_and_old_ones_can_go(path: Path) -> None:
    old = load_keys(path)
    assert add_key(path, KEY) == load_keys(path) == [KEY, *old]
    drop_key(path, lambda key: key in old)
    assert load_keys(path) == [KEY]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_goes_with_its_last_key(path: Path) -> None:
    load_keys(path)
    drop_key(path, lambda _: True)
    assert list(path.parent.iterdir()) == []


def test_keys_that_are_added_at_once_are_all_kept(path: Path) -> None:
    first = load_keys(path)
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda _: add_key(path)[0], range(32)))
    assert set(load_keys(path)) == {*added, *first}


def test_keys_that_cannot_be_changed_are_said(path: Path) -> None:
    load_keys(path)
    path.unlink()
    with pytest.raises(StorageError, match="at their source"):
        add_key(path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        load_keys(tmp_path / "file" / "master")
