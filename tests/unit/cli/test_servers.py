"""Which server a command speaks to: flag, environment, configuration file, or the one on this machine."""

from __future__ import annotations

import json
import os
import socketserver
import stat
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread

import pytest

from alur.local import remember
from alur.places import config_file
from tests.unit.cli.conftest import Cli, FakeServer, Reply, problem

ME = Reply({"id": "u1", "name": "Ana", "role": "owner"})
NOBODY_PID = 2**22 + 1
"""Above the largest process id of Linux."""


def test_login_keeps_server_and_token_for_the_owner_alone(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "/api/v1/me", ME)
    done = cli("login", "--server", server.url, "--context", "shop", feed="alur_pat_1\n")
    assert (done.code, "Ana (owner)" in done.out) == (0, True)
    assert server.requests[0].headers["authorization"] == "Bearer alur_pat_1"
    assert stat.S_IMODE(config_file().stat().st_mode) == 0o600


def test_a_token_that_is_refused_is_not_kept(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "/api/v1/me", problem(401, "no"))
    assert cli("login", "--server", server.url, feed="wrong").code == 1
    assert not config_file().exists()


@pytest.fixture
def signed_in(cli: Cli, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    server.on("GET", "/api/v1/me", ME)
    cli("login", "--server", server.url, "--context", "shop", "-p", "orders", feed="alur_pat_1")
    monkeypatch.delenv("ALUR_SERVER")
    monkeypatch.delenv("ALUR_TOKEN")
    server.requests.clear()
    server.on("GET", "/api/v1/projects/orders/workflows", Reply({"items": []}))
    return server


def test_the_current_context_says_server_token_and_project(cli: Cli, signed_in: FakeServer) -> None:
    assert cli("get", "workflows").code == 0
    assert signed_in.requests[0].headers["authorization"] == "Bearer alur_pat_1"


def test_the_environment_goes_over_the_file(
    cli: Cli, signed_in: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_SERVER", "http://127.0.0.1:1")
    assert cli("get", "workflows").code == 3


def test_a_flag_goes_over_the_environment(
    cli: Cli, signed_in: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_SERVER", "http://127.0.0.1:1")
    assert cli("--context", "shop", "get", "workflows").code == 0
    assert cli("--server", signed_in.url, "get", "workflows", "-p", "orders").code == 0


def test_contexts_are_listed_chosen_and_removed(cli: Cli, signed_in: FakeServer) -> None:
    cli("config", "set", "other", "--server", "http://other:1", "-p", "x")
    assert cli("config", "use", "other").code == 0
    shown = json.loads(cli("config", "list", "-o", "json").out)
    assert (shown["current"], set(shown["contexts"])) == ("other", {"shop", "other"})
    assert "alur_pat" not in cli("config", "list").out
    assert cli("config", "delete", "other").code == 0
    assert cli("config", "use", "other").code == 1


def test_logout_forgets_the_token(cli: Cli, signed_in: FakeServer) -> None:
    assert cli("logout").code == 0
    assert "alur_pat" not in config_file().read_text()


def test_a_context_that_is_not_there_is_named(cli: Cli) -> None:
    done = cli("--context", "ghost", "get", "workflows")
    assert (done.code, "'ghost'" in done.err) == (1, True)


@pytest.mark.parametrize("content", ["{", "contexts: 5", "- a", "contexts: {a: 5}"])
def test_a_broken_configuration_file_is_named(cli: Cli, content: str) -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text(content)
    done = cli("get", "workflows")
    assert (done.code, str(config_file()) in done.err) == (1, True)


class _OwnerSocket(socketserver.ThreadingUnixStreamServer):
    """Gives numbered tokens, as `alur dev` does through its socket."""

    daemon_threads = True
    given = 0
    asked: dict[str, object]


class _OwnerHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _OwnerSocket)
        self.server.asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.given += 1
        body = json.dumps({"token": f"alur_pat_{self.server.given}"}).encode()
        self.send_response(201)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "owner"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


@pytest.fixture
def local(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[_OwnerSocket]:
    """Let the server be one on this machine, found by its data folder."""
    monkeypatch.delenv("ALUR_SERVER")
    monkeypatch.delenv("ALUR_TOKEN")
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    socket = _OwnerSocket(str(folder / "owner.sock"), _OwnerHandler)
    Thread(target=socket.serve_forever, args=(0.01,), daemon=True).start()
    found = {"url": server.url, "pid": os.getpid(), "socket": str(folder / "owner.sock")}
    (folder / "server.json").write_text(json.dumps(found))
    server.on("GET", "workflows", Reply({"items": []}))
    yield socket
    socket.shutdown()
    socket.server_close()


def test_a_server_on_this_machine_needs_neither_address_nor_token(
    cli: Cli, server: FakeServer, local: _OwnerSocket, tmp_path: Path
) -> None:
    remember(tmp_path / "data")
    assert [cli("get", "workflows").code for _ in range(2)] == [0, 0]
    sent = {request.headers["authorization"] for request in server.requests}
    assert (sent, local.given) == ({"Bearer alur_pat_1"}, 1)
    assert local.asked == {"name": "command line", "expiresInSeconds": 30 * 86_400}
    assert stat.S_IMODE((tmp_path / "data" / "cli.token").stat().st_mode) == 0o600


@pytest.fixture
def beside(local: _OwnerSocket, tmp_path: Path) -> str:
    """Let another server run on this machine, started before."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "server.json").write_text(json.dumps({"url": "http://other:1", "pid": os.getpid()}))
    remember(other)
    remember(tmp_path / "data")
    return "http://other:1"


def test_of_several_servers_on_this_machine_the_one_that_is_asked_is_told(
    cli: Cli, beside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli("get", "workflows")
    assert done.code == 0
    assert f"asking {local_url(tmp_path)} (on {tmp_path / 'data'}), one of 2 servers" in done.err
    monkeypatch.setenv("ALUR_DATA", str(tmp_path / "data"))
    assert "asking" not in cli("get", "workflows").err


@pytest.mark.parametrize("command", [("cancel", "one"), ("delete", "workflow", "w")])
def test_nothing_is_changed_on_one_of_several_servers_and_that_is_all_that_is_said(
    cli: Cli, beside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, str]
) -> None:
    done, here = cli(*command), local_url(tmp_path)
    assert (done.code, done.err.count("\n"), "asking" in done.err) == (1, 1, False)
    assert f"2 servers run on this machine, {here} and {beside}; say which" in done.err
    assert "say which" not in cli("--server", here, *command).err
    monkeypatch.setenv("ALUR_DATA", str(tmp_path / "data"))
    assert "say which" not in cli(*command).err


def test_a_folder_without_a_server_is_told_with_the_servers_that_run(
    cli: Cli, beside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_DATA", str(tmp_path / "nothing"))
    done = cli("get", "workflows")
    assert done.code == 3
    assert f"no server runs on {tmp_path / 'nothing'}, which ALUR_DATA names" in done.err
    assert f"unset ALUR_DATA to ask {local_url(tmp_path)}" in done.err


def test_a_machine_without_servers_is_told_with_the_ways_to_name_one(cli: Cli) -> None:
    done = cli("get", "workflows")
    assert (done.code, "none is named: start one by `alur dev`" in done.err) == (3, True)


@pytest.mark.parametrize("by", ["--server", "ALUR_SERVER", "context shop"])
def test_a_server_that_does_not_answer_is_told_with_what_named_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    gone = "http://127.0.0.1:1"
    cli("config", "set", "shop", "--server", gone)
    if by == "ALUR_SERVER":
        monkeypatch.setenv("ALUR_SERVER", gone)
    done = cli(*(["--server", gone] if by == "--server" else []), "get", "workflows")
    assert (done.code, f"{gone} ({by}) does not answer" in done.err) == (3, True)
    assert "alur dev" not in done.err


def test_what_is_no_name_of_a_project_is_told_of_who_named_it(
    cli: Cli, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli("get", "workflows", "-p", "Shop X")
    assert (done.code, "'--project' / '-p': 'Shop X' is no name" in done.err) == (2, True)
    monkeypatch.setenv("ALUR_PROJECT", "Shop_X")
    done = cli("get", "workflows")
    assert (done.code, "ALUR_PROJECT: 'Shop_X' is no name" in done.err) == (2, True)
    assert server.requests == []


def local_url(tmp_path: Path) -> str:
    return str(json.loads((tmp_path / "data" / "server.json").read_text())["url"])


def test_a_token_that_the_server_forgot_is_taken_anew(
    cli: Cli, server: FakeServer, local: _OwnerSocket, tmp_path: Path
) -> None:
    remember(tmp_path / "data")
    (tmp_path / "data" / "cli.token").write_text("alur_pat_old")
    server.on("GET", "workflows", problem(401, "no"), Reply({"items": []}))
    assert cli("get", "workflows").code == 0
    assert server.requests[1].headers["authorization"] == "Bearer alur_pat_1"


def test_the_folder_may_be_named_by_the_environment(
    cli: Cli, local: _OwnerSocket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_DATA", str(tmp_path / "data"))
    assert cli("get", "workflows").code == 0


def test_a_token_for_a_data_folder_comes_through_its_socket(
    cli: Cli, local: _OwnerSocket, tmp_path: Path
) -> None:
    done = cli("token", "create", "--data", str(tmp_path / "data"), "--quiet")
    assert (done.code, done.out) == (0, "alur_pat_1\n")


def test_a_token_may_end_by_itself(cli: Cli, local: _OwnerSocket, tmp_path: Path) -> None:
    cli("token", "create", "--data", str(tmp_path / "data"), "--expires", "12h")
    assert local.asked["expiresInSeconds"] == 12 * 3600


def test_a_server_that_has_ended_is_not_found(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "server.json").write_text(json.dumps({"url": "http://x", "pid": NOBODY_PID}))
    remember(folder)
    done = cli("get", "workflows")
    assert (done.code, "alur dev" in done.err) == (3, True)


def test_a_folder_that_is_none_is_named(cli: Cli, tmp_path: Path) -> None:
    done = cli("token", "create", "--data", str(tmp_path / "none"))
    assert (done.code, "alur dev --data" in done.err) == (1, True)


def test_the_doctor_tells_what_is_wrong(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "/readyz", Reply(None, 503))
    server.on("GET", "/version", Reply({"version": "0.0.0"}))
    server.on("GET", "/api/v1/me", problem(401, "no"))
    found = json.loads(cli("doctor", "-o", "json").out)
    by_name = {finding["name"]: finding for finding in found}
    assert [by_name[name]["ok"] for name in ("server", "version", "token")] == [False] * 3
    assert by_name["Python"]["ok"]
    assert cli("doctor").code == 1


def test_the_doctor_without_a_server_says_how_to_start_one(cli: Cli) -> None:
    done = cli("doctor")
    assert (done.code, "alur dev" in done.out) == (1, True)


def test_the_doctor_asks_the_servers_that_the_environment_names(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    remedies = {"MongoDB": "ALUR_MONGO", "Kafka": "ALUR_KAFKA"}
    for name in remedies.values():
        monkeypatch.delenv(name, raising=False)
    assert not {one["name"] for one in json.loads(cli("doctor", "-o", "json").out)} & set(remedies)
    url = "mongodb://127.0.0.1:1/alur?serverSelectionTimeoutMS=100&timeoutMS=200"
    monkeypatch.setenv("ALUR_MONGO", url)
    monkeypatch.setenv("ALUR_KAFKA", "127.0.0.1:1")
    found = {one["name"]: one for one in json.loads(cli("doctor", "-o", "json").out)}
    for name, variable in remedies.items():
        assert not found[name]["ok"]
        assert "out of reach" in found[name]["seen"]
        assert variable in found[name]["remedy"]


def test_the_doctor_looks_at_the_data_folder_that_is_named_though_a_server_runs_on_another(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, named = tmp_path / "data", tmp_path / "named"
    folder.mkdir()
    (folder / "server.json").write_text(json.dumps({"url": "http://x", "pid": os.getpid()}))
    remember(folder)
    looks = [("", folder), (str(named), named)]
    for value, seen in looks:
        monkeypatch.setenv("ALUR_DATA", value)
        found = {one["name"]: one["seen"] for one in json.loads(cli("doctor", "-o", "json").out)}
        assert found["data folder"].startswith(str(seen))


def test_the_doctor_looks_at_the_data_folder_of_the_server_that_is_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: FakeServer
) -> None:
    for folder, url in ((tmp_path / "mine", server.url), (tmp_path / "data", "http://x")):
        folder.mkdir()
        (folder / "server.json").write_text(json.dumps({"url": url, "pid": os.getpid()}))
        remember(folder)
    assert data_folder_seen(cli).startswith(str(tmp_path / "mine"))
    monkeypatch.setenv("ALUR_SERVER", "http://elsewhere.invalid")
    assert data_folder_seen(cli) == ""


def data_folder_seen(cli: Cli) -> str:
    found = json.loads(cli("doctor", "-o", "json").out)
    return str({one["name"]: one["seen"] for one in found}.get("data folder", ""))


def test_the_version_may_be_asked_for_as_an_option(cli: Cli) -> None:
    assert cli("--version").out == cli("version").out


def test_who_asks_as_a_service_and_is_none_is_told_where_to_ask(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALUR_CALLS_TOKEN", raising=False)
    for command in (("token", "create"), ("sign-in",)):
        done = cli(*command, "--as-service")
        assert done.code == 1
        assert "ALUR_CALLS_TOKEN is not set" in done.err
        assert "kubectl exec" in done.err
