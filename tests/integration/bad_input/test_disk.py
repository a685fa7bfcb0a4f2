"""A full disk and a damaged folder: nothing is taken that cannot be kept, and the reason is told."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.bad_input.conftest import EXECUTIONS, WORKFLOWS, document
from tests.support.alur_dev import ALUR, AlurDev, alur_dev

NEW = {"if-none-match": "*"}
TRIGGER = {"name": "in", "type": "trigger.webhook", "params": {"path": "in", "respond": "result"}}
HOOKED = document("hooked", triggers=[TRIGGER], edges=[{"from": "in", "to": "a"}])


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    """Each of these has a platform of its own."""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[AlurDev]:
    with alur_dev(tmp_path / "data") as server:
        server.rest.put(f"{WORKFLOWS}/hooked", json=HOOKED, headers=NEW)
        yield server


@contextmanager
def full_disk(server: AlurDev) -> Iterator[None]:
    """Let no file of the server grow, as on a disk without room."""
    assert server.process is not None
    pid, kind = server.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (0, before[1]))
    try:
        yield
    finally:
        if server.process.poll() is None:
            resource.prlimit(pid, kind, before)


def test_a_full_disk_takes_nothing_says_so_and_recovers(own: AlurDev) -> None:
    hook = own.hook("hooked")
    first = own.rest.post(hook, json={"n": 1})
    with full_disk(own):
        refused = [own.rest.post(hook, json={"n": 2}, headers={"idempotency-key": "2"})]
        refused += [own.rest.put(f"{WORKFLOWS}/other", json=document("other"), headers=NEW)]
        refused += [own.rest.post(f"{WORKFLOWS}/hooked/executions", json={"input": [{}]})]
        seen = own.rest.get(EXECUTIONS).json()["items"]
        told = own.cli("apply", "-f", "-", feed=json.dumps(document("other")))
    assert {(a.status_code, a.json()["code"]) for a in refused} == {(503, "storage")}
    assert all("retry-after" in answer.headers for answer in refused)
    assert (told.returncode, "alur.db" in told.stderr) == (1, True)
    assert [one["id"] for one in seen] == [first.headers["alur-execution-id"]]
    again = own.rest.post(hook, json={"n": 2}, headers={"idempotency-key": "2"})
    assert (again.status_code, again.json()["body"]) == (200, {"n": 2})
    assert own.rest.get(f"{WORKFLOWS}/other").status_code == 404


def test_what_was_kept_before_the_disk_was_full_is_there_after_a_restart(own: AlurDev) -> None:
    kept = own.rest.post(own.hook("hooked"), json={"n": 1}).headers["alur-execution-id"]
    with full_disk(own):
        own.rest.post(own.hook("hooked"), json={"n": 2})
        own.kill()
    own.start()
    (one,) = own.rest.get(EXECUTIONS).json()["items"]
    assert (one["id"], one["status"]) == (kept, "succeeded")


def garble(data: Path) -> None:
    (data / "alur.db").write_bytes(b"\xcd" * 100_000)


def cut(data: Path) -> None:
    content = (data / "alur.db").read_bytes()
    (data / "alur.db").write_bytes(content[: len(content) // 2])


def newer(data: Path) -> None:
    (data / "version").write_text("99999\n")


def no_number(data: Path) -> None:
    (data / "version").write_text("\x00nonsense")


def no_key(data: Path) -> None:
    (data / "keys" / "master").write_bytes(b"short")


@pytest.mark.parametrize("damage", [garble, cut, newer, no_number, no_key])
def test_a_damaged_folder_is_not_started_on(own: AlurDev, damage: Callable[[Path], None]) -> None:
    assert own.stop() == 0
    damage(own.data)
    ports = ["--port", "0", "--grpc-port", "0"]
    done = subprocess.run(  # noqa: S603  # our own command
        [str(ALUR), "dev", "--data", str(own.data), *ports],
        capture_output=True,
        text=True,
        timeout=60,
        env=own.environment,
        check=False,
    )
    assert done.returncode == 1
    assert str(own.data) in done.stderr
    assert "Traceback" not in done.stderr
