"""What lies over what: nothing covers what people are looking at, and nothing is cut off."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from .pages import Editor

START = {"name": "start", "type": "trigger.manual", "position": {"x": 0, "y": 0}}


def box(found: Locator) -> FloatRect:
    """Return where it is on the screen."""
    expect(found).to_be_visible()
    place = found.bounding_box()
    assert place
    return place


def overlap(one: FloatRect, other: FloatRect) -> bool:
    """Tell whether two rectangles share more than an edge."""
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < other["y"] + other["height"]
        and other["y"] < one["y"] + one["height"]
    )


def given(editor: Editor, name: str, nodes: int) -> None:
    """Save a chain of nodes, one beside the other."""
    names = ["start", *(f"step {number}" for number in range(1, nodes + 1))]
    steps = [
        {"name": each, "type": "core.noop", "position": {"x": 240 * place, "y": 0}}
        for place, each in enumerate(names[1:], 1)
    ]
    edges = [{"from": a, "to": b} for a, b in itertools.pairwise(names)]
    editor.given(name, title=name, triggers=[START], nodes=steps, edges=edges)


def test_neither_tools_nor_map_cover_a_node_when_its_data_is_open(editor: Editor) -> None:
    given(editor, "uncovered", 8)
    ended = editor.platform.run("uncovered", [{}])
    page = editor.page
    page.goto(f"/projects/default/workflows/uncovered?run={ended['id']}")
    editor.node("start").click()
    expect(page.get_by_role("region", name="Data of start")).to_be_visible()
    tools = box(page.get_by_role("toolbar", name="Tools"))
    assert not overlap(box(page.get_by_role("region", name="Canvas of the workflow")), tools)
    # It is shown while the view glides, and a moment after.
    minimap = page.locator(".react-flow__minimap")
    expect(minimap).to_be_hidden()
    pane = page.locator(".react-flow__pane")
    pane.hover(position={"x": 60, "y": 30})
    page.mouse.wheel(0, 60)
    expect(minimap).to_be_visible()
    expect(minimap).to_be_hidden()


def test_the_map_shows_every_node(editor: Editor) -> None:
    given(editor, "mapped", 8)
    editor.open("mapped")
    around = box(editor.page.get_by_role("img", name="Minimap").locator("xpath=.."))
    nodes = editor.page.locator(".react-flow__minimap-node")
    expect(nodes).to_have_count(9)
    for node in nodes.all():
        place = box(node)
        assert place["x"] >= around["x"]
        assert place["x"] + place["width"] <= around["x"] + around["width"]


def test_the_name_of_a_free_port_is_not_under_its_plus(editor: Editor) -> None:
    node = {"name": "large only", "type": "core.filter", "params": {"condition": True}}
    editor.given("named", title="N", triggers=[START], nodes=[node])
    editor.open("named")
    ports = ("kept", "dropped")
    names = [box(editor.node("large only").get_by_text(port, exact=True)) for port in ports]
    pluses = [
        box(editor.page.get_by_role("button", name=f"Add a node after large only, port {port}"))
        for port in ports
    ]
    assert not any(overlap(name, plus) for name in names for plus in pluses)


def test_the_names_of_its_ports_stay_in_sight_when_a_node_is_chosen(editor: Editor) -> None:
    node = {
        "name": "large only",
        "type": "core.filter",
        "params": {"condition": True},
        "position": {"x": 620, "y": 0},
    }
    editor.given("sighted", title="S", triggers=[START], nodes=[node])
    editor.open("sighted")
    editor.choose("large only")
    plus = editor.page.get_by_role("button", name="Add a node after large only, port dropped")
    canvas = editor.page.get_by_role("region", name="Canvas of the workflow")
    # The view glides there.
    editor.page.wait_for_timeout(400)
    assert box(plus)["x"] + box(plus)["width"] <= box(canvas)["x"] + box(canvas)["width"]


@pytest.mark.parametrize("width", [900, 1500])
def test_when_a_workflow_ran_last_stands_on_one_line(editor: Editor, width: int) -> None:
    given(editor, "aged", 1)
    editor.platform.run("aged", [{}])
    editor.page.set_viewport_size({"width": width, "height": 900})
    editor.page.goto("/projects/default/workflows?q=aged")
    row = editor.page.get_by_role("listitem")
    badge, age = row.get_by_text("Succeeded"), row.get_by_text("ago").or_(row.get_by_text("now"))
    middle = box(badge)["y"] + box(badge)["height"] / 2
    assert box(age)["y"] < middle < box(age)["y"] + box(age)["height"]
    assert box(age)["height"] < 2 * box(badge)["height"]


CUT = (
    "each => each.scrollWidth > each.clientWidth || each.getBoundingClientRect().right > innerWidth"
)


@pytest.mark.parametrize("path", ["workflows", "workflows/narrow?run={run}"])
def test_a_phone_shows_the_words_of_every_button(editor: Editor, path: str) -> None:
    given(editor, "narrow", 1)
    run = editor.platform.run("narrow", [{}])["id"]
    page = editor.page
    page.set_viewport_size({"width": 420, "height": 800})
    page.goto(f"/projects/default/{path.format(run=run)}")
    page.get_by_role("button", name=re.compile("^(New workflow|Run)$")).wait_for()
    labels = page.locator(".mantine-Button-label").all()
    assert [label.text_content() for label in labels if label.evaluate(CUT)] == []
