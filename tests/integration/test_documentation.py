"""What the documentation tells happens as it is told."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.alur_dev import ROOT, AlurDev

DOCS = ROOT / "docs"


def shown_in(page: str, at: int = 0) -> str:
    """Return the first workflow that a page shows, or the one at that place."""
    return workflows_of(DOCS / page)[at]


def first_of(page: Path) -> str:
    return workflows_of(page)[0]


def workflows_of(page: Path) -> list[str]:
    blocks: list[str] = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.M | re.S)
    return [block for block in blocks if "kind: Workflow" in block]


@pytest.fixture
def hello(platform: AlurDev, tmp_path: Path) -> Path:
    """The tutorial's file, applied."""
    file = tmp_path / "hello.yaml"
    file.write_text(shown_in("tutorial/first-workflow.md"))
    platform.apply(file)
    return file


def test_the_readme_commands_run_as_they_are_shown(platform: AlurDev, tmp_path: Path) -> None:
    (tmp_path / "thank-buyers.yaml").write_text(first_of(ROOT / "README.md"))
    shown = re.findall(
        r"^\$ alur (apply|run) (.*?)(?: +#.*)?$", (ROOT / "README.md").read_text(), re.M
    )
    said = ""
    for command, arguments in shown:
        words = shlex.split(
            arguments.replace("thank-buyers.yaml", str(tmp_path / "thank-buyers.yaml"))
        )
        done = platform.cli(command, *words)
        assert done.returncode == 0, done.stderr
        said += done.stdout
    assert "thank-buyers created" in said
    assert "Thank you, Ana, for 700." in said


def test_the_tutorial_greets_adults(platform: AlurDev, hello: Path) -> None:
    hook = platform.hook("hello")
    answer = platform.rest.post(hook, json={"name": "Ana", "age": 30})
    assert (answer.status_code, answer.json()) == (200, {"greeting": "Hello Ana, welcome in."})
    assert platform.rest.post(hook, json={"name": "Budi", "age": 12}).status_code == 204


def test_the_tutorial_finds_its_execution(platform: AlurDev, hello: Path) -> None:
    answer = platform.rest.post(platform.hook("hello"), json={"name": "Ana", "age": 30})
    execution = answer.headers["alur-execution-id"]
    assert execution in platform.cli("get", "executions", "-o", "json").stdout
    told = platform.cli("describe", "execution", execution)
    assert told.returncode == 0
    assert "greet" in told.stdout


def test_an_unchanged_file_makes_no_version(platform: AlurDev, hello: Path) -> None:
    assert "hello unchanged" in platform.cli("apply", "-f", str(hello)).stdout
    hello.write_text(hello.read_text().replace(">= 18", ">= 21"))
    assert "hello configured" in platform.cli("apply", "-f", str(hello)).stdout
    shown = platform.rest.get("/api/v1/projects/default/workflows/hello").json()
    assert shown["status"]["activeVersion"] >= 2


def test_a_failure_leaves_by_the_error_port(platform: AlurDev, tmp_path: Path) -> None:
    file = tmp_path / "fetch.yaml"
    # Alur reaches no address of its own machine, so this fails at once and for good.
    file.write_text(
        shown_in("how-to/errors.md").replace("https://stock.example.com", "http://127.0.0.1")
    )
    platform.apply(file)
    shown = platform.run("fetch-carefully", [{"sku": "A1"}])
    assert shown["status"] == "succeeded"
    assert shown["output"][0]["known"] is False
    assert "127.0.0.1" in shown["output"][0]["why"]


def test_a_signal_ends_the_wait(platform: AlurDev, tmp_path: Path) -> None:
    file = tmp_path / "ask.yaml"
    file.write_text(shown_in("how-to/waiting.md"))
    platform.apply(file)
    shown = platform.run("ask-first", [{}])
    platform.cli("signal", shown["id"], "approval", "--data", '{"approved": true}')
    assert platform.wait_for(shown["id"], "succeeded")["output"] == [{"text": "go"}]


def test_a_key_with_another_body_is_refused(platform: AlurDev, hello: Path) -> None:
    hook, key = platform.hook("hello"), {"idempotency-key": "one"}
    first = platform.rest.post(hook, json={"name": "Ana", "age": 30}, headers=key)
    again = platform.rest.post(hook, json={"name": "Ana", "age": 30}, headers=key)
    other = platform.rest.post(hook, json={"name": "Budi", "age": 30}, headers=key)
    assert (first.status_code, again.json(), other.status_code) == (200, first.json(), 422)


def test_loops_take_turns(platform: AlurDev, tmp_path: Path) -> None:
    file = tmp_path / "loop.yaml"
    file.write_text(shown_in("how-to/loops.md"))
    platform.apply(file)
    shown = platform.run("in-batches", [{"n": n} for n in range(120)])
    assert shown["output"] == [{"total": 120}]


@pytest.mark.parametrize(("totals", "large"), [([150, 20, 300], 2), ([20], 0), ([], 0)])
def test_an_answer_is_given_when_nothing_is_left_too(
    platform: AlurDev, tmp_path: Path, totals: list[int], large: int
) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(shown_in("how-to/loops.md", 1))
    platform.apply(file)
    orders = [{"total": total} for total in totals]
    answer = platform.rest.post(platform.hook("how-many-are-large"), json={"orders": orders})
    assert answer.json() == {"large": large}


def test_code_in_both_languages_works_on_what_the_other_made(
    platform: AlurDev, tmp_path: Path
) -> None:
    file = tmp_path / "code.yaml"
    file.write_text(shown_in("how-to/code.md"))
    platform.apply(file)
    shown = platform.run("price-with-code", [{"price": 2, "count": 3}, {"price": 5, "count": 2}])
    assert shown["output"] == [{"orders": 2, "sum": 16, "mean": 8}]
    assert "orders: 2" in platform.log.read_text()
