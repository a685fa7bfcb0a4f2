"""Which networks the settings allow to whose nodes, and what is said of what a guard decides."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from structlog.testing import capture_logs

from alur_common.outbound import AllowLists, Asker, Decisions, Guards, RefusedError, asking
from alur_common.outbound.decisions import MOST_ASKERS, MOST_LINES, SAID_SECONDS, Decision
from alur_common.telemetry import Metrics

TEN = ip_address("10.1.2.3")
LISTS = AllowLists.parse(
    "192.168.0.0/16",
    " shop = 10.0.0.0/8  [fd00::/8]:5432 , acme/billing=10.0.0.0/8:5432,beta/*=10.1.0.0/16",
)
SHOP = Asker("default", "shop", "orders", "e-1", "fetch")


@pytest.mark.parametrize(
    ("tenant", "project", "port", "is_held"),
    [
        ("default", "shop", 8080, True),
        ("default", "other", 8080, False),
        ("acme", "shop", 8080, False),
        ("acme", "billing", 5432, True),
        ("acme", "billing", 8080, False),
        ("default", "billing", 5432, False),
        ("beta", "any", 8080, True),
        ("beta", "shop", 8080, True),
        ("default", "any", 8080, False),
    ],
)
def test_a_list_is_for_its_own_project(tenant: str, project: str, port: int, is_held: bool) -> None:
    assert LISTS.of(tenant, project).holds(TEN, port) is is_held


def test_what_all_may_reach_each_project_may() -> None:
    everywhere = ip_address("192.168.7.7")
    assert LISTS.of("acme", "billing").holds(everywhere, 80)
    assert LISTS.of("nobody", "else").holds(everywhere, 80)


@pytest.mark.parametrize(
    "text",
    [
        "shop",
        "shop=",
        "=10.0.0.0/8",
        "Shop=10.0.0.0/8",
        "a/b/c=10.0.0.0/8",
        "*=10.0.0.0/8",
        "shop=10.0.0.0/8,shop=10.1.0.0/16",
        "*/shop=10.0.0.0/8",
    ],
)
def test_a_text_that_gives_no_project_its_networks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="gives no project its networks"):
        AllowLists.parse("", text)


def test_a_host_name_is_no_network() -> None:
    with pytest.raises(ValueError, match=r"db\.internal.*is no network"):
        AllowLists.parse("", "shop=10.0.0.0/8 db.internal")


def test_projects_with_the_same_list_share_a_guard_and_no_others_do() -> None:
    guards = Guards(LISTS)
    assert guards.of("a", "x") is guards.of("b", "y")
    assert guards.of("beta", "x") is guards.of("beta", "y")
    assert guards.of("default", "shop") is not guards.of("beta", "shop")


@pytest.mark.parametrize("url", ["http://10.1.2.3/", "http://10.1.2.3:22/", "http://a.example:22/"])
def test_a_refusal_tells_who_asked_for_what(url: str) -> None:
    guard = Guards(LISTS).of("acme", "x")
    with capture_logs() as lines, asking(SHOP), pytest.raises(RefusedError):
        guard.check_url(url)
    (line,) = lines
    assert (line["event"], line["log_level"], line["decision"]) == (
        "outbound refused",
        "info",
        "refused",
    )
    assert (line["tenant"], line["project"], line["execution"], line["node"]) == (
        "default",
        "shop",
        "e-1",
        "fetch",
    )
    assert "refused" in line["reason"] or "not a public" in line["reason"]
    assert line["port"] in (80, 22)


async def test_what_a_name_leads_to_is_told_to_the_log_and_to_nobody_else() -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.1.2.3"]

    guard = Guards(LISTS, inside).of("acme", "x")
    with capture_logs() as lines, asking(SHOP), pytest.raises(RefusedError) as refused:
        await guard.resolve("db.internal", 443)
    assert [(each["host"], each["address"], each["port"]) for each in lines] == [
        ("db.internal", "10.1.2.3", 443)
    ]
    assert "10.1.2.3" not in refused.value.message


@pytest.mark.parametrize("url", ["http://10.1.2.3/", "http://metadata.google.internal/"])
def test_a_refusal_is_not_its_own_cause(url: str) -> None:
    guard = Guards(LISTS).of("acme", "x")
    with capture_logs(), pytest.raises(RefusedError) as refused:
        guard.check_url(url)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "level", "decision"),
    [("http://10.1.2.3:8080/", "info", "listed"), ("http://1.1.1.1/", "debug", "public")],
)
def test_what_is_allowed_is_told_too(url: str, level: str, decision: str) -> None:
    guard = Guards(LISTS).of("default", "shop")
    with capture_logs() as lines, asking(SHOP):
        guard.check_url(url)
    (line,) = lines
    assert (line["event"], line["log_level"]) == ("outbound allowed", level)
    assert line["decision"] == decision


def test_no_line_holds_what_else_an_address_says() -> None:
    guard = Guards(LISTS).of("acme", "x")
    for url in ("http://10.1.2.3/?token=hush", "http://user:hush@10.1.2.3/", "hush://10.1.2.3"):
        with capture_logs() as lines, pytest.raises(RefusedError):
            guard.check_url(url.replace("hush:", "ftp:"))
        assert len(lines) == 1
        assert "hush" not in str(lines)


def test_the_same_is_said_once_of_a_node_and_counted_each_time() -> None:
    metrics = Metrics()
    guards = Guards(LISTS, decisions=Decisions(metrics.counter("outbound_decisions_total")))
    with capture_logs() as lines, asking(SHOP):
        for _ in range(5):
            guards.of("default", "shop").check_url("http://10.1.2.3/")
    assert len(lines) == 1
    assert 'alur_outbound_decisions_total{decision="listed"} 5.0' in metrics.text()


def test_a_node_that_tries_address_after_address_is_said_to_and_then_only_counted() -> None:
    guard = Guards(LISTS).of("acme", "x")
    with capture_logs() as lines, asking(SHOP):
        for last in range(200):
            with pytest.raises(RefusedError):
                guard.check_url(f"http://10.0.0.{last}/")
    assert len(lines) == MOST_LINES + 1
    assert lines[-1]["event"] == "outbound decisions no longer logged"


def test_what_was_said_of_a_node_is_said_again_after_an_hour() -> None:
    times = iter((0.0, SAID_SECONDS - 1, SAID_SECONDS))
    guard = Guards(LISTS, decisions=Decisions(now=lambda: next(times))).of("acme", "x")
    with capture_logs() as lines, asking(SHOP):
        for _ in range(3):
            with pytest.raises(RefusedError):
                guard.check_url("http://10.1.2.3/")
    assert len(lines) == 2


def test_only_so_many_askers_are_kept() -> None:
    decisions = Decisions()
    with capture_logs():
        for number in range(MOST_ASKERS + 50):
            with asking(Asker("t", "p", "w", f"e-{number}", "n")):
                decisions.tell(Decision(True, "a public address"))
    assert len(decisions._told) == MOST_ASKERS
