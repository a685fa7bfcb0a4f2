"""The command line against a real `alur dev`, as a user on the same machine types it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path

import httpx
import pytest

from tests.support.alur_dev import ALUR, AlurDev

WORKFLOW = """
kind: Workflow
metadata: {name: NAME}
spec:
  triggers:
    - {name: placed, type: trigger.webhook, params: {path: placed}}
  nodes:
    - {name: double, type: core.set, params: {fields: {x: "{{ $json.x * 2 }}"}}}
  edges: [{from: placed, to: double}]
"""


def named(name: str) -> str:
    return WORKFLOW.replace("NAME", name)


def at_home(platform: AlurDev, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that is told neither server nor token."""
    hidden = {"ALUR_SERVER", "ALUR_TOKEN"}
    environment = {key: value for key, value in platform.environment.items() if key not in hidden}
    return subprocess.run(  # noqa: S603  # our own command
        [str(ALUR), *arguments], capture_output=True, text=True, env=environment, check=False
    )


def test_a_workflow_is_applied_changed_run_and_deleted(platform: AlurDev) -> None:
    name = "cli-life"
    first, second = (platform.cli("apply", "-f", "-", feed=named(name)) for _ in range(2))
    assert "created" in first.stdout, first.stderr
    assert "unchanged" in second.stdout
    changed = named(name).replace("* 2", "* 3")
    assert "configured" in platform.cli("apply", "-f", "-", feed=changed).stdout
    done = platform.cli("run", name, "--data", '[{"x": 1}, {"x": 2}]', "--wait", "-o", "json")
    assert (done.returncode, json.loads(done.stdout)["output"]) == (0, [{"x": 3}, {"x": 6}])
    shown = json.loads(platform.cli("get", "workflow", name, "-o", "json").stdout)
    assert shown["status"]["activeVersion"] == 2
    assert platform.cli("delete", "workflow", name).returncode == 0
    assert platform.cli("get", "workflow", name).returncode == 1


def test_a_fresh_link_signs_in_once(platform: AlurDev) -> None:
    links = [at_home(platform, "sign-in").stdout.strip() for _ in range(2)]
    assert links[0] != links[1]
    for link in links:
        address, _, token = link.partition("/sign-in#token=")
        assert address == platform.url
        codes = [
            httpx.post(f"{address}/api/v1/session", json={"token": token}).status_code
            for _ in range(2)
        ]
        assert codes == [204, 401]


def test_a_link_is_made_for_a_server_on_this_machine_alone(platform: AlurDev) -> None:
    done = platform.cli("--server", "http://127.0.0.1:1", "sign-in")
    assert (done.returncode, "on this machine" in done.stderr) == (1, True)


def test_a_dry_run_changes_nothing(platform: AlurDev) -> None:
    done = platform.cli("apply", "-f", "-", "--dry-run", feed=named("cli-dry"))
    assert (done.returncode, "created (dry run)" in done.stdout) == (0, True)
    assert platform.cli("get", "workflow", "cli-dry").returncode == 1


def test_what_get_prints_can_be_applied_again(platform: AlurDev) -> None:
    platform.cli("apply", "-f", "-", feed=named("cli-again"))
    shown = platform.cli("get", "workflow", "cli-again", "-o", "yaml").stdout
    assert "unchanged" in platform.cli("apply", "-f", "-", feed=shown).stdout


def test_a_wrong_file_is_told_with_line_and_path(platform: AlurDev, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(named("cli-wrong").replace("core.set", "core.sett"))
    done = platform.cli("apply", "-f", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}:8: spec.nodes[0].type:" in done.stderr
    assert "did you mean `core.set`" in done.stderr


def test_on_the_same_machine_neither_server_nor_token_is_named(platform: AlurDev) -> None:
    done = at_home(platform, "get", "nodes")
    assert (done.returncode, "core.set" in done.stdout) == (0, True), done.stderr
    made = at_home(platform, "token", "create", "--data", str(platform.data), "--quiet")
    assert made.stdout.startswith("alur_")


def test_the_doctor_finds_nothing(platform: AlurDev) -> None:
    done = at_home(platform, "doctor")
    assert done.returncode == 0, done.stdout


def test_a_run_that_waits_is_followed_and_goes_on_by_a_signal(platform: AlurDev) -> None:
    document = """
    metadata: {name: cli-signal}
    spec: {nodes: [{name: wait, type: core.wait, params: {signal: go}}]}
    """
    platform.cli("apply", "-f", "-", feed=document)
    execution = json.loads(platform.cli("run", "cli-signal", "-o", "json").stdout)["id"]
    platform.wait_for(execution, "waiting")
    sent = threading.Timer(0.2, platform.cli, ("signal", execution, "go", "-d", '{"by": "Budi"}'))
    sent.start()
    followed = platform.cli("logs", execution, "-f")
    sent.join()
    assert followed.stdout.splitlines()[-1].startswith(f"execution/{execution} succeeded")
    shown = json.loads(platform.cli("get", "execution", execution, "-o", "json").stdout)
    assert shown["output"] == [{"by": "Budi"}]


def test_an_execution_that_waits_is_cancelled_and_replayed(platform: AlurDev) -> None:
    document = """
    metadata: {name: cli-cancel}
    spec: {nodes: [{name: wait, type: core.wait, params: {for: PT1H}}]}
    """
    platform.cli("apply", "-f", "-", feed=document)
    execution = platform.run("cli-cancel", [{}])["id"]
    assert platform.cli("cancel", execution).returncode == 0
    assert platform.wait_for(execution, "cancelled")
    again = json.loads(platform.cli("replay", execution, "-o", "json").stdout)["id"]
    assert again != execution
    assert platform.cli("cancel", again).returncode == 0


def test_a_credential_is_set_and_its_secret_never_shown(platform: AlurDev) -> None:
    done = platform.cli("credential", "set", "cli-cred", "--type", "bearer", "-", feed="s3cr3t-v")
    assert done.returncode == 0, done.stderr
    shown = platform.cli("get", "credentials", "-o", "json").stdout
    assert "cli-cred" in shown
    assert "s3cr3t-v" not in shown + platform.cli("describe", "credential", "cli-cred").stdout
    assert platform.cli("delete", "credential", "cli-cred").returncode == 0


def test_a_variable_is_set_read_and_deleted(platform: AlurDev) -> None:
    assert platform.cli("variable", "set", "CLI_REGION", "id").returncode == 0
    assert platform.cli("variable", "get", "CLI_REGION").stdout == "id\n"
    assert platform.cli("delete", "variable", "CLI_REGION").returncode == 0


def test_a_token_of_few_rights_may_do_little(platform: AlurDev, tmp_path: Path) -> None:
    token = platform.cli("token", "create", "--scope", "workflows:read", "--quiet").stdout.strip()
    environment = {**platform.environment, "ALUR_SERVER": platform.url, "ALUR_TOKEN": token}

    def call(*arguments: str) -> int:
        return subprocess.run(  # noqa: S603  # our own command
            [str(ALUR), *arguments], capture_output=True, env=environment, check=False
        ).returncode

    assert (call("get", "workflows"), call("get", "executions")) == (0, 1)


@pytest.mark.parametrize(
    "kind",
    [
        "workflows",
        "executions",
        "nodes",
        "credentials",
        "variables",
        "projects",
        "tokens",
        "members",
        "audit",
        "security-events",
    ],
)
def test_every_kind_is_listed(platform: AlurDev, kind: str) -> None:
    done = platform.cli("get", kind)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_login_keeps_a_context(platform: AlurDev, tmp_path: Path) -> None:
    environment = os.environ | {"ALUR_CONFIG": str(tmp_path / "config.yaml"), "HOME": str(tmp_path)}

    def call(*arguments: str, feed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # our own command
            [str(ALUR), *arguments],
            input=feed,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )

    assert call("login", "--server", platform.url, feed=platform.token).returncode == 0
    assert call("get", "projects").returncode == 0
    assert call("login", "--server", platform.url, feed="wrong").returncode == 1
