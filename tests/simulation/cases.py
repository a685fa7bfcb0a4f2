"""Random workflows and their input, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

Json = dict[str, Any]
PURE = ("core.set", "core.set", "core.if", "core.filter", "core.merge")
OUTSIDE = ("sim.write", "sim.write", "sim.read")
OTHERS = ("core.each", "core.wait", "core.workflow", "core.try")
INNER = ("core.set", "sim.write", "sim.write", "core.wait")
CHILD = "child"
"""The workflow that a case may call."""
CHILD_NODE = "act"
CHILD_SPEC: Json = {
    "nodes": [
        {"name": CHILD_NODE, "type": "sim.write", "params": {"body": {"n": "{{ $json.n ?? 0 }}"}}}
    ],
    "edges": [],
}
PORTS = {"core.if": ("true", "false"), "core.filter": ("kept", "dropped"), "core.each": ("done",)}


@dataclass(frozen=True, slots=True)
class Case:
    """A workflow to run, and the items to run it with."""

    spec: Json
    items: list[Json]
    executions: int
    signals: list[str]
    """What somebody will signal to each execution, at some time."""
    is_race: bool = False
    """Branches run beside each other where one that fails stops the others, wherever they are."""
    cancels: bool = False
    """Somebody cancels it, at some time."""


@dataclass
class _Draft:
    """A workflow under construction. `open` are the nodes that others may follow."""

    rng: Random
    nodes: list[Json] = field(default_factory=list)
    edges: list[Json] = field(default_factory=list)
    open: list[Json] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    is_race: bool = False

    def add(self, kind: str, params: Json, **more: Any) -> Json:
        name = f"n{len(self.nodes)}"
        node = {"name": name, "type": kind, "params": params, **more}
        self.nodes.append(node)
        return node

    def join(self, source: Json, target: Json, **more: str) -> None:
        self.edges.append({"from": source["name"], "to": target["name"], **more})

    def port_of(self, source: Json) -> dict[str, str]:
        ports = PORTS.get(source["type"], ())
        if source.get("onError") == "branch" and self.rng.random() < 0.4:
            return {"output": "error"}
        return {"output": self.rng.choice(ports)} if ports else {}


def drawn(seed: int) -> Case:
    """Return the case of a seed."""
    rng = Random(seed)
    draft = _Draft(rng)
    for _ in range(rng.randint(1, 7)):
        _grow(draft)
    items = [{"n": rng.randrange(20)} for _ in range(rng.choice((1, 1, 2, 3)))]
    spec = {"nodes": draft.nodes, "edges": draft.edges}
    executions, cancels = rng.choice((1, 1, 1, 2)), rng.random() < 0.05
    return Case(spec, items, executions, draft.signals, draft.is_race, cancels)


def _grow(draft: _Draft) -> None:
    """Add a node, or a loop with its body, behind what is open."""
    rng = draft.rng
    kind = rng.choice((*PURE, *OUTSIDE, *OUTSIDE, *OTHERS))
    parents = rng.sample(draft.open, min(len(draft.open), rng.choice((1, 1, 1, 2))))
    node = _node(draft, kind)
    for place, parent in enumerate(parents):
        port = draft.port_of(parent)
        entry = {"input": "ab"[place]} if kind == "core.merge" else {}
        draft.join(parent, node, **port, **entry)
    if kind == "core.merge" and rng.random() < 0.15:
        node["params"] = {"mode": "first"}
        draft.is_race = True
    if kind == "core.each":
        _body(draft, node)
    if kind == "core.try":
        _attempt(draft, node)
    if kind == "core.wait" and rng.random() < 0.4:
        node["params"] = {"signal": node["name"]}
        draft.signals.append(node["name"])
    if kind != "core.try":  # what followed would be in one of its scopes
        draft.open.append(node)


def _chain(draft: _Draft, first: Json, port: str) -> Json:
    """Add one or two nodes behind a port; return the last."""
    last, output = first, {"output": port}
    for _ in range(draft.rng.randint(1, 2)):
        node = _node(draft, draft.rng.choice(INNER))
        draft.join(last, node, **output)
        last, output = node, {}
    return last


def _body(draft: _Draft, loop: Json) -> None:
    """Add the body of a loop: a chain of nodes, perhaps with a loop in it, and the way back."""
    last = _chain(draft, loop, "item")
    if draft.rng.random() < 0.15:
        inner = _node(draft, "core.each")
        draft.join(last, inner)
        draft.join(_chain(draft, inner, "item"), inner)
        draft.join(inner, loop, output="done")
    else:
        draft.join(last, loop)


def _attempt(draft: _Draft, node: Json) -> None:
    """Add what is tried, in one or two branches, and perhaps what follows a failure and what follows either."""
    branches = draft.rng.choice((1, 1, 2))
    tried = [_chain(draft, node, "try") for _ in range(branches)]
    if draft.open and draft.rng.random() < 0.3:
        # What is reached from elsewhere too lies outside: it hears from inside whether or not that was given up.
        join = _node(draft, "core.merge")
        draft.join(tried[0], join, input="a")
        other = draft.rng.choice(draft.open)
        draft.join(other, join, **draft.port_of(other), input="b")
        draft.open.append(join)
    draft.is_race = draft.is_race or branches > 1
    for port in ("catch", "finally"):
        if draft.rng.random() < 0.7:
            _chain(draft, node, port)


def _node(draft: _Draft, kind: str) -> Json:
    rng = draft.rng
    if kind in OUTSIDE:
        return draft.add(kind, {"body": _body_of(rng)}, **_policies(rng))
    made: dict[str, Json] = {
        "core.set": {"fields": {"n": f"{{{{ ($json.n ?? 0) + {rng.randrange(5)} }}}}"}},
        "core.if": {"condition": "{{ $json.n % 2 == 0 }}"},
        "core.filter": {"condition": "{{ $json.n % 3 != 0 }}"},
        "core.merge": {"mode": "append"},
        "core.each": {"size": rng.choice((1, 1, 2))},
        "core.try": {},
        "core.workflow": {"workflow": CHILD, "mode": rng.choice(("all", "each"))},
        "core.wait": {"for": rng.choice(("PT0.5S", "PT2S", "PT4S"))},
    }
    keeps = {"checkpoint": True} if rng.random() < 0.15 else {}
    return draft.add(kind, made[kind], **keeps)


def _body_of(rng: Random) -> Json:
    # What is drawn at random must be pinned by the intent: the same content under the same key.
    body: Json = {"n": "{{ $json.n ?? 0 }}", "drawn": "{{ Math.random() }}"}
    if rng.random() < 0.2:
        body["bad"] = rng.randrange(7)
    if rng.random() < 0.3:
        body["flaky"] = rng.choice((1, 1, 2, 2, 2, 9))
    return body


def _policies(rng: Random) -> Json:
    delay = rng.choice(("PT0.1S", "PT1S", "PT3S"))
    policies: Json = {"retry": {"attempts": 5, "delay": delay, "jitter": 0.5}}
    policies["onError"] = rng.choice(("stop", "continue", "branch"))
    if rng.random() < 0.15:
        policies["inDoubt"] = "ask"
    return policies
