"""`alur keys` against a real `alur dev` whose secrets are in use, and which is killed in the midst."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from alur.keys import SocketKeys
from alur.local import find_server
from tests.support.alur_dev import AlurDev, alur_dev

MANY = 150
WORKFLOW = """
kind: Workflow
metadata: {name: uses}
spec:
  nodes:
    - {name: ask, type: http.request, params: {url: "URL/healthz"}, credentials: {auth: c7}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlurDev]:
    data = tmp_path_factory.mktemp("keys") / "data"
    with alur_dev(data, {"ALUR_OUTBOUND_ALLOW": "127.0.0.0/8"}) as server:
        for number in range(MANY):
            body = {"type": "bearer", "fields": {"token": f"secret {number}"}}
            kept = server.rest.put(f"/api/v1/projects/default/credentials/c{number}", json=body)
            assert kept.status_code == 201, kept.text
        document = WORKFLOW.replace("URL", server.url)
        assert server.cli("apply", "-f", "-", feed=document).returncode == 0
        yield server


@contextmanager
def traffic(server: AlurDev) -> Iterator[list[str]]:
    """Run what uses a credential again and again; yield what became of each run."""
    over, ends = threading.Event(), []

    def use() -> None:
        while not over.is_set():
            ends.append(server.run("uses", [{}])["status"])

    thread = threading.Thread(target=use)
    thread.start()
    try:
        yield ends
    finally:
        over.set()
        thread.join()


def keys(server: AlurDev) -> list[tuple[str, int]]:
    shown = server.cli("keys", "list", "--data", str(server.data), "-o", "json")
    assert shown.returncode == 0, shown.stderr
    return [(key["state"], key["secrets"]) for key in json.loads(shown.stdout)]


async def begin(server: AlurDev) -> None:
    """Do what a rotation that is killed after its first step has done."""
    found = find_server(server.data)
    assert found is not None
    command = SocketKeys(found)
    assert (await command.begin_rotation()).left == MANY
    assert 0 < (await command.rotate_some()).moved < MANY


def test_the_only_server_of_this_machine_is_found(server: AlurDev) -> None:
    shown = server.cli("keys", "list")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert str(MANY) in shown.stdout


async def test_keys_change_under_traffic_and_after_a_killed_command(server: AlurDev) -> None:
    with traffic(server) as ends:
        await begin(server)
        done = await asyncio.to_thread(server.cli, "keys", "rotate", "--data", str(server.data))
        assert (done.returncode, "was not finished" in done.stderr) == (0, True)
        old = done.stderr.rpartition("alur keys retire ")[2].partition("`")[0]
        assert server.cli("keys", "retire", old, "--data", str(server.data)).returncode == 0
    assert set(ends) == {"succeeded"}
    assert keys(server) == [("in use", MANY)]


async def test_a_server_that_is_killed_in_the_midst_goes_on_afterwards(server: AlurDev) -> None:
    await begin(server)
    server.kill()
    (_, moved), (_, left) = keys(server)  # by the folder alone
    assert moved + left == MANY
    server.start()
    assert server.run("uses", [{}])["status"] == "succeeded"
    done = server.cli("keys", "rotate", "--data", str(server.data))
    assert done.returncode == 0, done.stderr
    assert keys(server) == [("in use", MANY), ("old", 0)]
