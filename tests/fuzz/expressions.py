"""Attacks on the compiler of expressions, whose code runs in the service's own process."""

from __future__ import annotations

import copy
import importlib
import pkgutil
from typing import Any

import alur_engine.expressions
from alur_engine.expressions import (
    UNDEFINED,
    Evaluator,
    JailedJavaScript,
    Json,
    Limits,
    Scope,
    Template,
)
from alur_sdk.errors import AlurError
from tests.fuzz.watching import PID, nothing_happens
from tests.support.canary import Canary, strangers_in

DATA: dict[str, Any] = {
    "a": {"b": [1, 2, {"c": "deep"}]}, "n": 7, "text": "Text {0} %s", "list": [3, 1, 2], "nul": None,
    "__proto__": {"polluted": True}, "constructor": "data", "__class__": "data", "date": "2026-02-03T04:05:06Z",
}  # fmt: skip
LIMITS = Limits(steps=20_000, bytes=2_000_000)


def load_all() -> None:
    """Load what is loaded when it is first needed: afterwards an import is the doing of an expression."""
    package = alur_engine.expressions
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    for source in ("$jmespath($json, 'a')", "/a+/.test('a')", "$now.setZone('Nowhere/Else')", "new Intl.NumberFormat('de').format(1)",
                   "DateTime.now().setZone('Asia/Jakarta').setLocale('id').toFormat('DDDD')"):  # fmt: skip
        tried(source)


def scope() -> Scope:
    """Return what an expression sees of the world here."""
    item = {"json": DATA}
    known = {"id": "e-1", "name": "attack"}
    return Scope(
        DATA, item=item, items=[item], vars={"v": "1"}, execution=known, workflow=known, trigger=DATA,
        now_ms=1_800_000_000_000, random=lambda: 0.5,
    )  # fmt: skip


def tried(source: str, evaluator: Evaluator | None = None) -> Json:
    """Return what an expression comes to: its value, or the message of its error."""
    try:
        value = (evaluator or Evaluator(limits=LIMITS)).compile(source)(scope())
    except AlurError as error:
        return error.message
    return None if value is UNDEFINED else value


def broken_by(source: str, canary: Canary) -> list[str]:
    """Return what an expression did that none may; an exception that is no `AlurError` is raised."""
    before = copy.deepcopy(DATA)
    with nothing_happens() as seen:
        value = tried(source)
        in_text = _filled(f"a {{{{ {source} }}}} b")
    told = f"{value!r} {in_text!r}"
    found = [*seen, *strangers_in(value), *canary.heard_in(told)]
    found += ["the process is told"] if str(PID) in told else []
    found += ["the item was changed"] if before != DATA else []
    return found


def _filled(text: str) -> Json:
    try:
        return Template(text, Evaluator(limits=LIMITS))(scope())
    except AlurError as error:
        return error.message


def script_for_the_jail(source: str) -> dict[str, Any] | None:
    """Return how an expression is given to the jail; None: it is refused before."""
    try:
        made = JailedJavaScript().compile(source, Limits())
    except AlurError:
        return None
    return {"script": made.script, "changes": made.changes}
