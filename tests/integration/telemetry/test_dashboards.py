from __future__ import annotations

import json
import subprocess
from pathlib import Path

import yaml

from tests.support.alur_dev import ROOT
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


def test_alerts_fire_when_something_is_wrong_and_only_then(tmp_path: Path) -> None:
    prometheus.get()
    rules = (ROOT / "charts/alur/files/alerts.yaml").read_text().replace("$namespace", "alur")
    group = {"name": "alur", "rules": yaml.safe_load(rules)}
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [group]}))
    file = tmp_path / "alerts.yaml"
    file.write_text(Path(__file__).with_name("alerts.yaml").read_text())
    done = subprocess.run(  # noqa: S603  # the tool of Prometheus
        ("promtool", "test", "rules", str(file)),  # noqa: S607  # of the system
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
