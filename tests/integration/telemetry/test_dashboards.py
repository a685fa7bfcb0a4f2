from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.unit.test_dashboards import QUERIES
from tools.servers import prometheus


def test_prometheus_reads_every_query(tmp_path: Path) -> None:
    prometheus.get()
    # What Grafana puts in the place of its variables.
    queries = [
        q.replace("$__rate_interval", "1m").replace("$namespace", ".*") for _, q, _ in QUERIES
    ]
    rules = [{"record": f"q{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}))
    done = subprocess.run(  # noqa: S603  # the tool of Prometheus
        ("promtool", "check", "rules", str(file)),  # noqa: S607  # of the system
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"SUCCESS: {len(rules)} rules found" in done.stdout, done.stdout + done.stderr
