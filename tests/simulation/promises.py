"""What must be the same with faults as without, and what must hold whatever happens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from alur_common.documents.port import Document
from alur_engine.planning import outputs_of
from alur_engine.state import SETTLED, State
from tests.simulation.cases import Case, Json


@dataclass(frozen=True, slots=True)
class Ended:
    """What an execution came to: its output, and every node run by name and path."""

    status: str
    output: Any
    runs: dict[tuple[str, str], Any]


@dataclass
class Outcome:
    """What a run of a case came to."""

    ended: dict[str, Ended] = field(default_factory=dict)
    asked: dict[str, set[bytes]] = field(default_factory=dict)
    places: dict[str, set[str]] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    struck: int = 0
    broken: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


def compared(case: Case, expected: Outcome, seen: Outcome) -> list[str]:
    """Return in what the run with faults differs from the one without, and what does not hold of it."""
    broken = [*seen.broken, *_of_keys(seen), *_of_repeats(expected), *_of_repeats(seen)]
    for execution_id, wanted in expected.ended.items():
        got = seen.ended.get(execution_id)
        if got is not None:  # else it is told already that it did not end
            broken += _of_end(case, execution_id, wanted, got)
    goes_well = all(ended.status == "succeeded" for ended in expected.ended.values())
    if goes_well and not case.is_race and not case.cancels:
        missing = expected.asked.keys() - seen.asked.keys()
        beside = seen.asked.keys() - expected.asked.keys()
        broken += [f"{key} was never asked for" for key in missing]
        broken += [f"{key} was asked for beside" for key in beside]
    return broken


def _of_end(case: Case, execution_id: str, wanted: Ended, got: Ended) -> list[str]:
    if case.cancels and got.status == "cancelled":
        return []
    if got.status != wanted.status:
        return [f"{execution_id} is {got.status}, without faults {wanted.status}"]
    # What fails stops its parallel branches wherever they are, so only good ends compare in full.
    if wanted.status == "succeeded" and got != wanted and not case.is_race:
        return [f"{execution_id} came to {got}, without faults to {wanted}"]
    return []


def _of_keys(seen: Outcome) -> list[str]:
    broken = [
        f"the key {key} came with {len(contents)} contents: {contents}"
        for key, contents in seen.asked.items()
        if len(contents) > 1
    ]
    broken += [
        f"{place} had the keys {keys}" for place, keys in seen.places.items() if len(keys) > 1
    ]
    uses = Counter(key for keys in seen.places.values() for key in keys)
    return broken + [f"the key {key} is that of {n} places" for key, n in uses.items() if n > 1]


def _of_repeats(seen: Outcome) -> list[str]:
    """Return what was done again more often than there were reasons for it."""
    return [
        f"what {key} stands for was done {times} times, {seen.struck} faults struck"
        for key, times in seen.done.items()
        if key and times > 1 + seen.struck
    ]


def durable_before(spec: Json) -> dict[str, tuple[str, str]]:
    """Return node -> what the journal must hold when it calls the outside: its intent, or the end of what it follows.

    The latter where it reads and follows one node alone, and that one is kept.
    """
    by_name = {node["name"]: node for node in spec["nodes"]}
    found: dict[str, tuple[str, str]] = {}
    for name, node in by_name.items():
        before = [by_name[edge["from"]] for edge in spec["edges"] if edge["to"] == name]
        if node["type"] == "sim.write":
            found[name] = ("started", name)
        elif len(before) == 1 and _is_kept(before[0]):
            found[name] = ("finished", before[0]["name"])
    return found


def _is_kept(node: Json) -> bool:
    return node["type"] == "sim.write" or (
        node.get("checkpoint", False) and node["type"] not in ("core.each", "core.try")
    )


def of_journal(document: Document, state: State) -> list[str]:
    """Return in what the journal of an ended execution does not lead to the end that its document tells."""
    told, led = document["status"], _led_to(state)
    if led != told:
        return [f"{document['id']} ended {told}, its journal leads to {led}"]
    if told == "failed" and document.get("error") != state.error:
        return [f"{document['id']} failed by {document.get('error')}, its journal by {state.error}"]
    output = [item.json for item in outputs_of(state.graph, state)]
    if told == "succeeded" and document.get("output", []) != output:
        return [f"{document['id']} gave {document.get('output')}, its journal {output}"]
    return []


def _led_to(state: State) -> str:
    if state.error is not None:
        return "failed"
    if state.cancelled is not None:
        return "cancelled"
    left = [run for run in (*state.open, *state.ready) if run.status not in SETTLED]
    if left and not state.stopped:
        return f"no end: {[(*run.key, run.status) for run in left]}"
    return "succeeded"
