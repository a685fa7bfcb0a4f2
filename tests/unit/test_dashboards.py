"""Dashboards and alerts ask for metrics that exist, by labels that these have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from alur_common.telemetry.declared import METRICS, Declared
from alur_common.telemetry.metrics import PREFIX
from tests.support.alur_dev import ROOT
from tools import dashboards

SERIES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
DECLARED = {f"{PREFIX}{m.name}{end}": m for m in METRICS for end in SERIES[m.kind]}
OF_THE_CLUSTER = {"namespace"}
FILES = sorted((ROOT / "charts/alur/files/dashboards").glob("*.json"))


def panels() -> Iterator[tuple[str, str, str]]:
    for file in FILES:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", ()):
                yield panel["title"], target["expr"], target["legendFormat"]


def alerts() -> Iterator[tuple[str, str, str]]:
    golden = (ROOT / "tests/cluster/golden/production.yaml").read_text()
    for one in yaml.safe_load_all(golden):
        if one["kind"] == "PrometheusRule":
            for group in one["spec"]["groups"]:
                for rule in group["rules"]:
                    said = re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))
                    yield rule["alert"], rule["expr"], "".join(f"{{{{{label}}}}}" for label in said)


QUERIES = [*panels(), *alerts()]


def metrics_of(query: str) -> dict[str, Declared]:
    named = set(re.findall(r"\balur_[a-z_]+", query))
    assert named, query
    assert named - set(DECLARED) == set(), "no such metric is declared"
    return {name: DECLARED[name] for name in named}


def by(query: str) -> set[str]:
    return {
        label.strip()
        for found in re.findall(r"by \(([^)]*)\)", query)
        for label in found.split(",")
    }


@pytest.mark.parametrize(("title", "query", "legend"), QUERIES)
def test_a_query_is_of_declared_metrics_by_labels_that_they_have(
    title: str, query: str, legend: str
) -> None:
    known = metrics_of(query)
    for name, metric in known.items():
        (chosen, *_) = re.findall(rf"{name}{{([^}}]*)}}", query)
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", chosen))
        assert labels <= {*metric.labels, *OF_THE_CLUSTER}, title
        assert labels & OF_THE_CLUSTER, "it looks at one installation"
    grouped = {label for metric in known.values() for label in metric.labels} | {"le"}
    assert by(query) <= grouped, title
    assert set(re.findall(r"{{(\w+)}}", legend)) == by(query) - {"le"}, title


@pytest.mark.parametrize(("title", "query", "legend"), QUERIES)
def test_what_only_grows_is_asked_for_its_rate_and_nothing_else_is(
    title: str, query: str, legend: str
) -> None:
    assert legend is not None
    for name, metric in metrics_of(query).items():
        assert (f"rate({name}{{" in query) == (metric.kind != "gauge"), title


def kept() -> set[str]:
    """Return the names by which code asks `Metrics` for what it keeps, with what it puts into them in braces."""
    calls = re.compile(r'\.(?:counter|gauge|times)\(\s*f?"([a-z_{}]+)"')
    found = set()
    for folder in ("services", "operator"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.name != "declared.py":
                found.update(calls.findall(file.read_text()))
    return found


def test_what_a_query_asks_for_is_kept_by_a_service() -> None:
    ways = [re.compile(re.sub(r"{[a-z_]+}", "[a-z_]+", name)) for name in kept()]
    asked = {metric.name for _, query, _ in QUERIES for metric in metrics_of(query).values()}
    assert {name for name in asked if not any(way.fullmatch(name) for way in ways)} == set()
    assert not any(way.fullmatch("no_such_metric") for way in ways)


def test_an_alert_says_what_it_means_and_what_to_do_and_the_guide_lists_it() -> None:
    rules = yaml.safe_load((ROOT / "charts/alur/files/alerts.yaml").read_text())
    guide = (ROOT / "docs/how-to/kubernetes-operate.md").read_text()
    assert [rule["alert"] for rule in rules] == re.findall(
        r"^\| `(Alur\w+)` \|", guide, re.MULTILINE
    )
    assert [rule["alert"] for rule in rules] == [title for title, _, _ in alerts()]
    for rule in rules:
        assert set(rule["annotations"]) == {"summary", "description"}
        assert all(text.endswith(".") for text in rule["annotations"].values())
        assert rule["labels"]["severity"] in {"critical", "warning"}


def test_an_address_of_a_dashboard_stays() -> None:
    assert [json.loads(file.read_text())["uid"] for file in FILES] == ["alur-overview"]
    assert [d.uid for d in dashboards.DASHBOARDS] == ["alur-overview"]


def test_every_panel_says_what_it_tells_and_none_lies_over_another() -> None:
    for file in FILES:
        shown = json.loads(file.read_text())["panels"]
        assert all(p["type"] == "row" or p["description"] for p in shown)
        places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in shown]
        assert len(places) == len(set(places))
