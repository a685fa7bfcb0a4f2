"""Credentials, variables and tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Cli, FakeServer, Reply


@pytest.fixture(autouse=True)
def _accepting(server: FakeServer) -> None:
    server.on("PUT", "credentials/sales", Reply({"name": "sales"}))
    server.on("PUT", "variables/REGION", Reply({"name": "REGION"}))


def test_fields_come_from_arguments_and_files(cli: Cli, server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    fields = ["--field", "username=ana", "--field", f"password=@{tmp_path / 'key'}"]
    done = cli("credential", "set", "sales", "--type", "basic", *fields)
    assert (done.code, done.out) == (0, "credential/sales set\n")
    body = {"type": "basic", "fields": {"username": "ana", "password": "s3cret"}}
    assert server.sent("PUT")[0].body == body


def test_a_type_and_fields_that_become_others_are_told(cli: Cli, server: FakeServer) -> None:
    kept = {"name": "sales", "type": "api-key", "fields": ["key", "header"]}
    server.on("PUT", "credentials/sales", Reply(kept))
    done = cli("credential", "set", "sales", "--type", "header", "--field", "value=abc")
    assert (done.code, done.err) == (0, "kept as api-key with the fields key, header\n")
    same = cli("credential", "set", "sales", "--type", "api-key", "--field", "key=abc")
    assert same.err == ""


def test_the_one_secret_of_a_type_comes_from_standard_input(cli: Cli, server: FakeServer) -> None:
    assert cli("credential", "set", "sales", "--type", "bearer", "-", feed="t0ken\n").code == 0
    assert server.sent("PUT")[0].body["fields"] == {"token": "t0ken"}


def test_several_secrets_come_as_one_json_object(cli: Cli, server: FakeServer) -> None:
    feed = '{"username": "ana", "password": "x"}'
    cli("credential", "set", "sales", "--type", "basic", "-", feed=feed)
    assert server.sent("PUT")[0].body["fields"] == {"username": "ana", "password": "x"}


def test_the_domains_that_a_secret_may_go_to_are_sent(cli: Cli, server: FakeServer) -> None:
    where = ["--field", "token=x", "--domain", "api.example.com", "--node-type", "http.request"]
    cli("credential", "set", "sales", "--type", "bearer", *where)
    assert server.sent("PUT")[0].body["allowedDomains"] == ["api.example.com"]
    assert server.sent("PUT")[0].body["allowedNodeTypes"] == ["http.request"]


def test_a_dry_run_keeps_nothing(cli: Cli, server: FakeServer) -> None:
    assert (
        cli(
            "credential", "set", "sales", "--type", "bearer", "--field", "token=x", "--dry-run"
        ).code
        == 0
    )
    assert server.sent("PUT") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--type", "bearer"], 2),
        (["--type", "bearer", "--field", "token"], 2),
        (["--type", "bearer", "--field", "token=-"], 2),
        (["--type", "bearer", "t0ken"], 2),
        (["--field", "token=x"], 2),
        (["--type", "bearer", "--field", "token=@nowhere"], 1),
        (["--type", "own", "-"], 1),
    ],
)
def test_a_secret_that_is_not_given_rightly_is_not_sent(
    cli: Cli, server: FakeServer, arguments: list[str], code: int
) -> None:
    assert cli("credential", "set", "sales", *arguments, feed="x").code == code
    assert server.requests == []


def test_a_variable_is_set_and_read(cli: Cli, server: FakeServer) -> None:
    items = {"items": [{"name": "REGION", "value": "id"}], "nextCursor": None}
    server.on("GET", "variables", Reply(items))
    assert cli("variable", "set", "REGION", "-", feed="id\n").code == 0
    assert server.sent("PUT")[0].body == {"value": "id"}
    assert cli("variable", "get", "REGION").out == "id\n"


@pytest.mark.parametrize("command", [["variable", "set"], ["credential", "set", "--type=bearer"]])
def test_a_name_stays_one_part_of_the_address(
    cli: Cli, server: FakeServer, command: list[str]
) -> None:
    cli(*command, "../x y", "-", feed="secret")
    assert server.sent("PUT")[0].path.endswith("s/..%2Fx%20y")


def test_a_token_is_printed_once_and_nothing_else_when_quiet(cli: Cli, server: FakeServer) -> None:
    server.on("POST", "/api/v1/tokens", Reply({"id": "t1", "token": "alur_pat_new"}, 201))
    done = cli("token", "create", "--name", "ci", "--scope", "workflows:read", "--quiet")
    assert (done.out, done.err) == ("alur_pat_new\n", "")
    assert server.sent("POST")[0].body == {"name": "ci", "scopes": ["workflows:read"]}


def test_a_token_is_revoked(cli: Cli, server: FakeServer) -> None:
    server.on("DELETE", "/api/v1/tokens/t1", Reply(None, 204))
    assert cli("token", "revoke", "t1").out == "token/t1 revoked\n"


def test_limits_change_without_the_secret(cli: Cli, server: FakeServer) -> None:
    server.on("PATCH", "credentials/sales", Reply({"name": "sales"}))
    done = cli("credential", "limit", "sales", "--domain", "a.test", "--domain", "*.b.test")
    assert (done.code, done.out) == (0, "credential/sales limited\n")
    assert server.sent("PATCH")[0].body == {"allowedDomains": ["a.test", "*.b.test"]}
    assert cli("credential", "limit", "sales").code == 2
    # The server tries no limits out, so the command does not offer to.
    assert cli("credential", "limit", "sales", "--domain", "a.test", "--dry-run").code == 2
