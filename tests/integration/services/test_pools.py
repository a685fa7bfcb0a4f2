"""Pools as users of `alur dev` meet them: it serves all of them, and says nothing of it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.alur_dev import AlurDev

NODES = [
    {"name": "first", "type": "core.set", "params": {"fields": {"n": "{{ $json.n + 1 }}"}}},
    {
        "name": "render",
        "type": "core.code",
        "pool": "gpu",
        "params": {"code": "return items.map(({ json }) => ({ n: json.n * 2 }));"},
    },
]


def test_a_node_of_a_pool_is_saved_without_a_word_and_runs_at_once(
    platform: AlurDev, tmp_path: Path
) -> None:
    document = {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "pooled"},
        "spec": {"nodes": NODES, "edges": [{"from": "first", "to": "render"}]},
    }
    file = tmp_path / "pooled.json"
    file.write_text(json.dumps(document))
    applied = platform.cli("apply", "-f", str(file))
    assert (applied.returncode, applied.stderr) == (0, "")
    ended = platform.run("pooled", [{"n": 1}, {"n": 2}])
    assert (ended["status"], ended["output"]) == ("succeeded", [{"n": 4}, {"n": 6}])


def test_a_pool_whose_name_is_wrong_stops_the_executor(platform: AlurDev) -> None:
    done = platform.cli("executor", "--pools", "GPU")
    assert done.returncode == 1
    assert "ALUR_POOLS" in done.stderr
    assert "'GPU' is no name of a pool" in done.stderr
