"""The dashboards of Grafana: data here, JSON in the chart. `python -m tools.dashboards FOLDER` writes them.

A query is of metrics that `alur_common.telemetry.declared` declares; `$where` in it stands for the choice of namespace.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = 39
"""Of Grafana 10; later ones raise it by themselves."""
WHERE = 'namespace=~"$namespace"'
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDTH, _HEIGHT, _WHOLE = 8, 7, 24


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: its title, what it tells, its unit in Grafana's words, and legend -> query."""

    title: str
    about: str
    unit: str
    queries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Panels that belong together."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard. Its uid is part of addresses that people keep: it does not change."""

    uid: str
    title: str
    about: str
    rows: tuple[Row, ...]


def _rate(legend: str, metric: str, *labels: str) -> tuple[str, str]:
    by = f" by ({', '.join(labels)})" if labels else ""
    return legend, f"sum{by} (rate({metric}{{$where}}[$__rate_interval]))"


def _quantile(part: float, metric: str, *labels: str) -> tuple[str, str]:
    by = ", ".join(("le", *labels))
    legend = " ".join((f"p{round(part * 100)}", *(f"{{{{{label}}}}}" for label in labels)))
    rate = f"rate({metric}_bucket{{$where}}[$__rate_interval])"
    return legend, f"histogram_quantile({part}, sum by ({by}) ({rate}))"


def _times(title: str, about: str, metric: str, *labels: str) -> Panel:
    parts = (0.95,) if labels else (0.5, 0.95)
    queries = tuple(_quantile(part, metric, *labels) for part in parts)
    return Panel(title, about, "s", queries)


def _newest(legend: str, how: str, metric: str, *labels: str) -> tuple[str, str]:
    by = f" by ({', '.join(labels)})" if labels else ""
    return legend, f"{how}{by} ({metric}{{$where}})"


_RUNS = Row("Executions", (
    Panel("Begun and ended", "Executions a second.", "ops", (
        _rate("begun", "alur_executor_runs_started_total"),
        _rate("{{result}}", "alur_executor_runs_completed_total", "result"),
    )),
    Panel("Succeeded", "Of those that ended, the part that succeeded.", "percentunit", ((
        "succeeded",
        'sum(rate(alur_executor_runs_completed_total{result="succeeded", $where}[$__rate_interval])) / '
        "sum(rate(alur_executor_runs_completed_total{$where}[$__rate_interval]))",
    ),)),
    Panel("Running", "Executions in memory of all executors.", "short", (
        _newest("running", "sum", "alur_executor_active_runs"),
    )),
    _times("Until the first node", "From acceptance to the first node.", "alur_executor_start_delay_seconds"),
    _times("Until the end", "From the first node to the end.", "alur_executor_run_duration_seconds"),
    Panel("Oldest that waits", "Accepted, and taken up by nobody.", "s", (
        _newest("executions", "max", "alur_scheduler_queue_oldest_seconds"),
        _newest("pool {{pool}}", "max", "alur_scheduler_pool_oldest_seconds", "pool"),
    )),
))  # fmt: skip
_SERVICES = Row("Services", (
    Panel("Requests", "Of REST and webhooks, by status.", "reqps", (
        _rate("{{status}}", "alur_gateway_requests_total", "status"),
    )),
    _times("Answers", "How long requests take.", "alur_gateway_request_duration_seconds"),
    _times("Webhooks", "From a call to its answer, by status.", "alur_gateway_webhook_duration_seconds", "status"),
    Panel("gRPC", "Calls by status code.", "reqps", (
        _rate("{{code}}", "alur_gateway_grpc_calls_total", "code"),
    )),
    _times("Drift", "From when a schedule was due to when it was fired.", "alur_scheduler_drift_seconds"),
    Panel("Lag", "Records that a group has not finished.", "short", (
        _newest("{{group}} {{topic}}", "max", "alur_bus_lag_records", "group", "topic"),
    )),
    Panel("Retried and buried", "Events that were tried again, and that nobody could handle.", "ops", (
        _rate("tried again by {{group}}", "alur_bus_retries_total", "group"),
        _rate("buried by {{group}}", "alur_bus_dead_letters_total", "group"),
    )),
    Panel("What we stand on", "1 while it answers, of the process that sees it worst; a lease that is held is 1.", "short", (
        _newest("{{dependency}}", "min", "alur_dependency_up", "dependency"),
        _newest("leases", "min", "alur_executor_lease_held"),
    )),
    Panel("Faults of the store", "Reads and writes that failed, by code.", "ops", (
        _rate("{{operation}} {{code}}", "alur_store_errors_total", "operation", "code"),
    )),
))  # fmt: skip
_NODES = Row("Nodes", (
    _times("Nodes", "How long an attempt takes, by type.", "alur_executor_node_duration_seconds", "type"),
    Panel("Results", "Attempts a second, by what they came to.", "ops", (
        _rate("{{result}}", "alur_executor_node_duration_seconds_count", "result"),
    )),
    Panel("Tried again", "Node runs, by type.", "ops", (
        _rate("{{type}}", "alur_executor_node_retries_total", "type"),
    )),
    _times("Code", "How long code of users runs.", "alur_executor_code_duration_seconds", "language"),
    Panel("Killed code", "Runners that were killed or died, by reason.", "ops", (
        _rate("{{reason}}", "alur_executor_code_kills_total", "reason"),
    )),
))  # fmt: skip
_OPERATOR = Row("Kubernetes", (
    Panel("Reconciled", "Objects a second, by kind and result.", "ops", (
        _rate("{{kind}} {{result}}", "alur_operator_reconciles_total", "kind", "result"),
    )),
    _times("Until it is done", "How long the operator takes with one object.", "alur_operator_reconcile_seconds", "kind"),
    Panel("Waiting objects", "Objects that wait for their turn to be handled.", "short", (
        _newest("{{kind}}", "sum", "alur_operator_queue_depth", "kind"),
    )),
    Panel("Longest wait", "How long the first of them has waited.", "s", (
        _newest("{{kind}}", "max", "alur_operator_queue_oldest_seconds", "kind"),
    )),
    Panel("Watches begun again", "One in some minutes is usual; more tell of a cluster that is hard to reach.", "ops", (
        _rate("{{kind}}", "alur_operator_watch_restarts_total", "kind"),
    )),
    Panel("Asked at apply", "Workflows that the API server asked about.", "ops", (
        _rate("{{result}}", "alur_operator_admissions_total", "result"),
    )),
))  # fmt: skip
DASHBOARDS = (
    Dashboard(
        "alur-overview",
        "Alur: overview",
        "From executions to services, nodes and the operator.",
        (_RUNS, _SERVICES, _NODES, _OPERATOR),
    ),
)


def made(dashboard: Dashboard) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": ["alur"],
        "schemaVersion": SCHEMA,
        "editable": False,
        "timezone": "",
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": _variables()},
        "panels": _panels(dashboard.rows),
    }


def _variables() -> list[dict[str, Any]]:
    source = {"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}
    values = "label_values(alur_build_info, namespace)"
    namespace = {
        "name": "namespace", "label": "Namespace", "type": "query", "datasource": _SOURCE,
        "query": {"query": values, "refId": "namespace"}, "refresh": 2, "sort": 1,
        "multi": True, "includeAll": True, "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip
    return [source, namespace]


def _panels(rows: Sequence[Row]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        place = {"x": 0, "y": top, "w": _WHOLE, "h": 1}
        found.append({"id": len(found) + 1, "type": "row", "title": row.title, "gridPos": place})
        top += 1
        for index, panel in enumerate(row.panels):
            across, down = index % (_WHOLE // _WIDTH), index // (_WHOLE // _WIDTH)
            place = {"x": across * _WIDTH, "y": top + down * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
            found.append({"id": len(found) + 1, **_panel(panel), "gridPos": place})
        top += -(-len(row.panels) // (_WHOLE // _WIDTH)) * _HEIGHT
    return found


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _SOURCE,
                "expr": query.replace("$where", WHERE),
                "legendFormat": legend,
            }
            for number, (legend, query) in enumerate(panel.queries)
        ],
    }


def main(folder: Path) -> None:
    """Write one file for each dashboard."""
    folder.mkdir(parents=True, exist_ok=True)
    for dashboard in DASHBOARDS:
        text = json.dumps(made(dashboard), indent=1) + "\n"
        (folder / f"{dashboard.uid}.json").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
