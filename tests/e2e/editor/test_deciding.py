"""What people decide on the page of an execution: a signal that it waits for, and what became of an effect in doubt."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.alur_dev import AlurDev, alur_dev

from .conftest import sign_in_link
from .pages import Editor, given
from .test_accessibility import serious

START = {"name": "start", "type": "trigger.manual"}
EXECUTIONS = "/api/v1/projects/default/executions"


def card(page: Page, title: str) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name=title))


def test_a_signal_is_sent_with_its_data_to_the_node_that_waits(editor: Editor) -> None:
    nodes = [
        {"name": "decision", "type": "core.wait", "params": {"signal": "approval"}},
        {"name": "pause", "type": "core.wait", "params": {"for": "PT2H"}},
    ]
    edges = [{"from": "start", "to": "decision"}, {"from": "decision", "to": "pause"}]
    editor.given("approved", title="A", triggers=[START], nodes=nodes, edges=edges)
    waiting = editor.platform.run("approved", [{}])
    page = editor.page
    page.goto(f"/projects/default/executions/{waiting['id']}")
    waits = card(page, "Waiting for")
    expect(waits.get_by_text("the signal “approval”")).to_be_visible()
    waits.get_by_role("button", name="Send signal").click()
    data = editor.dialog.get_by_role("textbox", name="Data")
    send = editor.dialog.get_by_role("button", name="Send signal")
    editor.write(data, "[true]")
    expect(send).to_be_disabled()
    editor.write(data, '{"approved": true}')
    expect(send).to_be_enabled()
    assert serious(page) == []
    send.click()
    expect(page.get_by_text("The signal “approval” is sent")).to_be_visible()
    expect(waits.get_by_text("the signal “approval”")).to_have_count(0)
    expect(waits.get_by_text("pause")).to_be_visible()
    expect(waits.get_by_role("button")).to_have_count(0)
    runs = editor.platform.rest.get(f"{EXECUTIONS}/{waiting['id']}/nodes/decision").json()["runs"]
    assert runs[0]["output"]["main"][0]["json"] == {"approved": True}


def test_an_execution_that_waits_for_another_leads_to_it(editor: Editor) -> None:
    wait = {"name": "pause", "type": "core.wait", "params": {"for": "PT2H"}}
    editor.given("waited-for", title="W", nodes=[wait])
    call = {"name": "ask", "type": "core.workflow", "params": {"workflow": "waited-for"}}
    editor.given("waits", title="W", triggers=[START], nodes=[call], edges=[_edge("ask")])
    parent = editor.platform.run("waits", [{}])
    editor.page.goto(f"/projects/default/executions/{parent['id']}")
    card(editor.page, "Waiting for").get_by_role("link", name="Execution 1").click()
    expect(editor.page.get_by_role("heading", name="waited-for", exact=True)).to_be_visible()


def _edge(node: str) -> dict[str, str]:
    return {"from": "start", "to": node}


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes a request and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/pay"


def _in_doubt(platform: AlurDev, url: str) -> str:
    """Kill the platform between an effect's intent and its result; return the execution."""
    params = {"method": "POST", "url": url, "body": "{{ $json }}"}
    pay = {"name": "pay", "type": "http.request", "params": params, "inDoubt": "ask"}
    given(platform, "pay", triggers=[START], nodes=[pay], edges=[_edge("pay")])
    path = "/api/v1/projects/default/workflows/pay/executions"
    execution = str(platform.rest.post(path, json={"input": [{"sum": 5}, {"sum": 7}]}).json()["id"])
    journal: list[Any] = []
    deadline = time.monotonic() + 20
    while not journal and time.monotonic() < deadline:
        journal = platform.rest.get(f"{EXECUTIONS}/{execution}/journal").json()["items"]
    platform.kill()
    platform.start()
    platform.wait_for(execution, "in-doubt")
    return execution


def test_a_person_decides_what_became_of_an_effect_in_doubt(
    browser: Browser, silent: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("doubt") / "data"
    with alur_dev(data, {"ALUR_OUTBOUND_ALLOW": "127.0.0.0/8"}) as platform:
        execution = _in_doubt(platform, silent)
        context = browser.new_context(base_url=platform.url)
        editor = Editor(context.new_page(), platform)
        page = editor.page
        page.goto(sign_in_link(data))
        page.get_by_role("heading", name="Workflows", exact=True).wait_for()
        page.goto(f"/projects/default/executions/{execution}")
        expect(card(page, "Timeline").get_by_text("In doubt")).to_be_visible()
        doubts = card(page, "In doubt").first
        expect(doubts.get_by_text("Items of which nothing is known: 1, 2")).to_be_visible()
        doubts.get_by_role("button", name="Decide").click()
        decide = editor.dialog.get_by_role("button", name="Decide")
        expect(decide).to_be_disabled()
        editor.dialog.get_by_role("radio", name="It happened").click()
        editor.write(editor.dialog.get_by_role("textbox", name="What it emitted"), '{"paid": 12}')
        assert serious(page) == []
        decide.click()
        expect(page.get_by_text("“pay” is decided")).to_be_visible()
        expect(page.get_by_role("button", name="Replay")).to_be_visible()
        expect(doubts.get_by_role("button", name="Decide")).to_have_count(0)
        context.close()
        assert platform.wait_for(execution, "succeeded")["output"] == [{"paid": 12}]
