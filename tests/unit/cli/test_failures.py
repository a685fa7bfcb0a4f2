"""A failure is a message and an exit code, never a traceback."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.unit.cli.conftest import Cli, FakeServer, Reply, problem

ALUR = [sys.executable, "-m", "alur"]


def test_a_server_that_does_not_listen_is_out_of_reach(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_SERVER", "http://127.0.0.1:1")
    done = cli("get", "workflows")
    assert done.code == 3
    assert "(ALUR_SERVER) does not answer" in done.err


def test_a_server_that_is_not_ready_is_out_of_reach(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows", problem(503, "it drains"))
    done = cli("get", "workflows")
    assert (done.code, done.err) == (3, "error: it drains; try again in a moment\n")


@pytest.mark.parametrize("address", ["localhost:8080", "ftp://x", "http://", "nonsense"])
def test_what_is_no_address_is_said_to_be_none(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("ALUR_SERVER", address)
    done = cli("get", "workflows")
    assert (done.code, "server address" in done.err) == (1, True)


@pytest.mark.parametrize(
    "reply", [Reply(b"<html>"), Reply({"no": "items"}), Reply([]), Reply(b"\xff")]
)
def test_an_answer_that_is_no_answer_of_alur_ends_in_a_message(
    cli: Cli, server: FakeServer, reply: Reply
) -> None:
    server.on("GET", "workflows", reply)
    done = cli("get", "workflows")
    assert (done.code, done.err.startswith("error: ")) == (1, True)


def test_a_token_that_is_not_known_says_how_to_sign_in(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows", problem(401, "no"))
    done = cli("get", "workflows")
    assert (done.code, "alur login" in done.err) == (1, True)


def test_a_server_that_moved_says_where(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows", Reply(b"", 308, {"Location": "https://new.example.com"}))
    assert "https://new.example.com" in cli("get", "workflows").err


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["run"], ["get", "wf", "-o", "xml"], ["dev", "--port", "99999"]]
)
def test_wrong_usage_is_2(cli: Cli, arguments: list[str]) -> None:
    assert cli(*arguments).code == 2


def test_an_interruption_is_130(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("alur.session.contexts.load", interrupted)
    assert cli("get", "workflows").code == 130


def test_a_fault_of_our_own_is_a_message_too(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr("alur.session.contexts.load", broken)
    done = cli("get", "workflows")
    assert (done.code, "RuntimeError: oh" in done.err) == (1, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script(cli: Cli, shell: str) -> None:
    done = cli("completion", shell)
    assert (done.code, "_ALUR_COMPLETE" in done.out) == (0, True)


def test_help_and_version_need_no_server(cli: Cli) -> None:
    assert "apply" in cli("--help").out
    assert cli("version").out.startswith("alur ")


def test_a_command_starts_without_the_heavy_libraries() -> None:
    heavy = ["pydantic", "rich", "yaml", "fastapi", "grpc", "httpx", "aiohttp", "sqlalchemy"]
    code = f"import sys, alur.main; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(  # noqa: S603  # our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "module", [f"alur_{name}.main" for name in ("gateway", "registry", "scheduler", "executor")]
)
def test_a_service_starts_without_what_only_terminals_need(module: str) -> None:
    heavy = ["rich", "pygments"]
    code = f"import sys, alur.main, {module}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(  # noqa: S603  # our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_waiting_shows_on_a_terminal_what_runs(server: FakeServer) -> None:
    nodes = [{"name": "shape", "status": "succeeded"}, {"name": "call", "status": "running"}]
    running = {"id": "e1", "status": "running", "nodes": nodes}
    server.on("POST", "workflows/orders/executions", Reply({"id": "e1"}, 202))
    ended = Reply({"id": "e1", "status": "succeeded", "nodes": []})
    server.on("GET", "executions/e1", *[Reply(running)] * 6, ended)
    ours, theirs = pty.openpty()
    done = subprocess.run(  # noqa: S603  # our own command line
        [*ALUR, "run", "orders", "--wait"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "running at call (1 done)" in shown
    assert done.stdout == b"execution/e1 succeeded\n"


def on_terminal(server: FakeServer, **environment: str) -> str:
    """Run `alur get workflows` with a terminal as its output and return what it printed."""
    item = {
        "metadata": {"name": "a"},
        "spec": {},
        "status": {"lastExecution": {"status": "failed"}},
    }
    server.on("GET", "workflows", Reply({"items": [item]}))
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **environment}
    subprocess.run(  # noqa: S603  # our own command line
        [*ALUR, "get", "workflows"], stdout=theirs, env=settings, check=True
    )
    os.close(theirs)
    printed = os.read(ours, 65_536).decode()
    os.close(ours)
    return printed


def test_a_terminal_gets_colour(server: FakeServer) -> None:
    assert "\x1b[31mfailed" in on_terminal(server)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_is_left_out_where_it_is_not_wanted(
    server: FakeServer, environment: dict[str, str]
) -> None:
    assert "\x1b[31m" not in on_terminal(server, **environment)


def test_a_reader_that_has_seen_enough_is_no_failure(server: FakeServer) -> None:
    items = [{"metadata": {"name": f"w{i}"}, "spec": {}, "status": {}} for i in range(5_000)]
    server.on("GET", "workflows", Reply({"items": items}))
    with subprocess.Popen(  # noqa: S603  # our own command line
        [*ALUR, "get", "workflows"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.readline()
        command.stdout.close()
        assert (command.stderr.read(), command.wait()) == (b"", 0)


@pytest.mark.parametrize(("typed", "offered"), [("de", "describe"), ("cred", "credential")])
def test_a_shell_completes_commands(typed: str, offered: str) -> None:
    asked = {"_ALUR_COMPLETE": "complete_bash", "COMP_WORDS": f"alur {typed}", "COMP_CWORD": "1"}
    done = subprocess.run(  # noqa: S603  # our own command line
        ALUR, capture_output=True, text=True, env=os.environ | asked, check=False
    )
    assert offered in done.stdout.split()


def test_an_operator_needs_a_token_and_none_of_the_servers_of_services(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALUR_TOKEN", raising=False)
    done = cli("operator")
    assert (done.code, "ALUR_TOKEN_FILE" in done.err, "ALUR_KAFKA" in done.err) == (1, True, False)
