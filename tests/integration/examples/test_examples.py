"""Every example does what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.support.alur_dev import ENDED, ROOT, AlurDev

CASES: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/integration/examples/cases.yaml").read_text()
)
BY_WEBHOOK = {"github-events"}


def run(platform: AlurDev, case: dict[str, Any]) -> dict[str, Any]:
    shown = platform.run(case["workflow"], case["input"])
    if signal := case.get("signal"):
        assert shown["status"] == "waiting"
        sent = platform.cli(
            "signal", shown["id"], signal["name"], "--data", json.dumps(signal["data"])
        )
        assert sent.returncode == 0, sent.stdout + sent.stderr
    return platform.wait_for(shown["id"], *ENDED)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['workflow']}: {case['name']}")
def test_an_example_does_what_its_case_says(examples: AlurDev, case: dict[str, Any]) -> None:
    shown = run(examples, case)
    assert shown["status"] == case.get("status", "succeeded"), shown
    if "output" in case:
        assert shown["output"] == case["output"]
    statuses = {node["name"]: node["status"] for node in shown["nodes"]}
    assert case.get("nodes", {}).items() <= statuses.items()


def test_every_example_has_a_case() -> None:
    files = {path.stem for path in (ROOT / "examples").glob("*.yaml")}
    assert files == {case["workflow"] for case in CASES} | BY_WEBHOOK


def test_an_example_is_named_like_its_file() -> None:
    for path in (ROOT / "examples").glob("*.yaml"):
        assert yaml.safe_load(path.read_text())["metadata"]["name"] == path.stem
