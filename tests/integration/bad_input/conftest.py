"""A running platform that is fed what it must refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.alur_dev import AlurDev

WORKFLOWS = "/api/v1/projects/default/workflows"
EXECUTIONS = "/api/v1/projects/default/executions"
MANY = 100_000
NODE = {"name": "a", "type": "core.set", "params": {"fields": {"a": 1}}}


def document(name: str = "bad", **spec: Any) -> dict[str, Any]:
    """Return a workflow of one node, its spec changed."""
    return {"metadata": {"name": name}, "spec": {"nodes": [NODE], **spec}}


def many_nodes() -> str:
    """Return the JSON of a document of a hundred thousand nodes."""
    return json.dumps(document(nodes=[{**NODE, "name": f"n{n}"} for n in range(MANY)]))


def alias_bomb() -> str:
    """Return YAML of a few hundred bytes that stands for 9 to the 11th values."""
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(["a0: &a0 [x]", *lines])


# What is no document, and a word of the refusal. `first_light.py` of the acceptance checks has the same cases.
WRONG: dict[str, tuple[str, str]] = {
    "an alias bomb": (alias_bomb(), "more than 1000000 values"),
    "an unsafe tag": ("spec: !!python/object/apply:os.system ['true']", "is not read"),
    "a repeated key": ('{"kind": "Workflow", "kind": "Workflow"}', "stands here twice"),
    "NaN": ('{"metadata": {"name": "bad"}, "spec": {"a": NaN}}', "JSON"),
    "NaN in YAML": ("metadata: {name: bad}\nspec: {a: .nan}", "no JSON number"),
    "a lone surrogate": (json.dumps(document()).replace('"a"', '"\\ud800"', 1), "surrogate"),
    "a control character": (json.dumps(document(nodes=[{**NODE, "name": "a\a"}])), "printable"),
    "depth": ("[" * 10_000 + "]" * 10_000, "dep|deep"),
    "depth of objects": ('{"a":' * 10_000 + "1" + "}" * 10_000, "dep|deep"),
    "an unknown field": (json.dumps(document(nodes=[{**NODE, "tiemout": "PT1S"}])), "tiemout"),
    "an unknown type": (json.dumps(document(nodes=[{**NODE, "type": "core.nope"}])), "core.nope"),
    "an edge to nowhere": (json.dumps(document(edges=[{"from": "a", "to": "ghost"}])), "ghost"),
    "a cycle": (json.dumps(document(edges=[{"from": "a", "to": "a"}])), "cycle"),
    "two nodes of one name": (json.dumps(document(nodes=[NODE, NODE])), "a"),
    "an expression that does not parse": (
        json.dumps(document(nodes=[{**NODE, "params": {"fields": {"a": "{{ $json. }}"}}}])),
        "fields",
    ),
    "a port that is not there": (
        json.dumps(
            document(
                nodes=[NODE, {**NODE, "name": "b"}],
                edges=[{"from": "a", "output": "sideways", "to": "b"}],
            )
        ),
        "sideways",
    ),
    "a parameter of the wrong kind": (
        json.dumps(document(nodes=[{**NODE, "params": {"fields": "all"}}])),
        "fields",
    ),
    "a name that is no label": (json.dumps(document("W 9!")), "name"),
    "a hundred thousand nodes": (many_nodes(), "at most 1000 are allowed"),
}


def memory_mib(platform: AlurDev) -> float:
    """Return the resident memory of the platform's process."""
    assert platform.process is not None
    status = Path(f"/proc/{platform.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


@pytest.fixture(autouse=True)
def nothing_is_kept(platform: AlurDev) -> Iterator[None]:
    """What is refused leaves no workflow and no execution behind."""

    def kept() -> list[str]:
        pages = [platform.rest.get(path).json()["items"] for path in (WORKFLOWS, EXECUTIONS)]
        return [str(one.get("id") or one["metadata"]["name"]) for page in pages for one in page]

    before = kept()
    yield
    assert set(kept()) <= set(before)
