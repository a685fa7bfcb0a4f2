"""What ends is told to whoever follows it from outside, with nothing of Alur's but its documentation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.topics.conftest import PROJECT, Outside, put, until, workflow
from tests.support.alur_dev import ROOT, AlurDev

TOPIC = "alur.execution.run.completed.v1"
PAGE = ROOT / "docs/how-to/kafka.md"
SCHEMA = ROOT / f"docs/reference/events/{TOPIC}.schema.json"


@contextmanager
def running(program: str, folder: Path, broker: str) -> Iterator[Path]:
    """Run a program for the length of the block; yield the file into which it prints."""
    said = folder / "said"
    with said.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603  # the repository's own program
            [sys.executable, "-c", program],
            stdout=file,
            stderr=file,
            env={**os.environ, "ALUR_KAFKA": broker},
        )
    try:
        yield said
    finally:
        process.kill()
        process.wait()


def test_the_program_of_the_page_tells_how_each_execution_ended(
    distributed: AlurDev, outside: Outside, tmp_path: Path
) -> None:
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    (program,) = [block for block in blocks if TOPIC in block]
    fails = {"name": "no", "type": "core.stop", "params": {"message": "no"}}
    put(distributed, workflow("ends-well", {"type": "trigger.manual"}))
    put(distributed, workflow("ends-badly", {"type": "trigger.manual"}, fails))
    with running(program, tmp_path, outside.servers) as said:
        ended = [(n, distributed.run(n, [{}])) for n in ("ends-well", "ends-badly")]
        lines = {f"{one['id']} default {name} {one['status']}" for name, one in ended}
        until(lambda: lines <= set(said.read_text().splitlines()), 30, said.read_text)
    assert [one["status"] for _, one in ended] == ["succeeded", "failed"]


def test_an_end_is_a_cloud_event_that_keeps_its_schema_and_holds_no_data(
    distributed: AlurDev, outside: Outside
) -> None:
    put(distributed, workflow("told", {"type": "trigger.manual"}))
    execution = distributed.run("told", [{"secret": "swordfish"}])["id"]
    records = until(
        lambda: [r for r in outside.read(TOPIC, partitions=12) if r.key == execution.encode()]
    )
    headers = {name: value.decode() for name, value in records[0].headers}
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_type"] == f"dev.{TOPIC}"
    assert (headers["ce_subject"], headers["ce_alurtenant"]) == (execution, "default")
    assert (
        json.loads(records[0].value).keys() == json.loads(SCHEMA.read_text())["properties"].keys()
    )
    assert b"swordfish" not in records[0].value
    shown = distributed.rest.get(f"{PROJECT}/executions/{execution}").json()
    assert shown["output"] == [{"secret": "swordfish"}]
