"""`alur files`: files of an execution are listed, and fetched whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Cli, FakeServer, Reply, problem

CONTENT = bytes(range(256)) * 8_192
BLOB = hashlib.sha256(CONTENT).hexdigest()
FILES = "executions/e-1/files"


def kept(blob: str = BLOB, **more: Any) -> dict[str, Any]:
    file = {"blob": blob, "size": len(CONTENT), "mediaType": "application/pdf", "name": "data"}
    return file | {"node": "fetch", "path": "", "item": 0, "fileName": "report.pdf"} | more


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def on_files(server: FakeServer, *found: dict[str, Any], content: bytes = CONTENT) -> None:
    server.on("GET", FILES, Reply({"items": list(found), "nextCursor": None}))
    server.on("GET", f"{FILES}/{BLOB}", Reply(content))


def test_files_are_listed_with_size_type_and_maker(cli: Cli, server: FakeServer) -> None:
    on_files(server, kept())
    line = cli("files", "e-1").out.splitlines()[1]
    assert line.split("  ") == ["report.pdf", "2.0 MiB", "application/pdf", "fetch", BLOB[:12]]


@pytest.mark.parametrize("named", ["report.pdf", BLOB, BLOB[:6]])
def test_a_file_is_kept_under_its_own_name(
    cli: Cli, server: FakeServer, folder: Path, named: str
) -> None:
    on_files(server, kept())
    assert cli("files", "e-1", named).out == "report.pdf kept, 2.0 MiB\n"
    assert (folder / "report.pdf").read_bytes() == CONTENT


def test_a_name_leads_to_no_other_folder(cli: Cli, server: FakeServer, folder: Path) -> None:
    on_files(server, kept(fileName="../../.evil\x1b"))
    assert cli("files", "e-1", BLOB).code == 0
    assert [place.name for place in folder.iterdir() if place.is_file()] == ["evil"]


def test_a_file_that_is_there_is_left_alone(cli: Cli, server: FakeServer, folder: Path) -> None:
    on_files(server, kept())
    (folder / "report.pdf").write_text("mine")
    done = cli("files", "e-1", "report.pdf")
    assert (done.code, "--to" in done.err) == (1, True)
    assert (folder / "report.pdf").read_text() == "mine"


def test_what_comes_damaged_is_not_kept(cli: Cli, server: FakeServer, folder: Path) -> None:
    on_files(server, kept(), content=CONTENT[:-1])
    done = cli("files", "e-1", "report.pdf")
    assert (done.code, "another hash" in done.err) == (1, True)
    assert not (folder / "report.pdf").exists()


def test_a_name_of_several_files_asks_for_the_blob(cli: Cli, server: FakeServer) -> None:
    on_files(server, kept(), kept("b" * 64))
    done = cli("files", "e-1", "report.pdf")
    assert (done.code, f"{BLOB[:12]}, {'b' * 12}" in done.err) == (1, True)


def test_a_file_that_no_node_made_is_named(cli: Cli, server: FakeServer) -> None:
    on_files(server)
    assert "'x.pdf'" in cli("files", "e-1", "x.pdf").err


def test_a_refused_download_leaves_nothing_behind(
    cli: Cli, server: FakeServer, folder: Path
) -> None:
    on_files(server, kept())
    server.on("GET", f"{FILES}/{BLOB}", problem(404, "it is gone"))
    done = cli("files", "e-1", "report.pdf")
    assert (done.code, "it is gone" in done.err) == (1, True)
    assert not (folder / "report.pdf").exists()
