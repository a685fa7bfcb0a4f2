"""What the API server checks beyond types: CEL rules, kinds of lists, and the fields of parameters that rules look at.

Only what is cheap enough for its cost budget stands here; Alur's own validation checks all of it again, with better messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_engine.document import MAX_PIXELS
from alur_operator.domain.names import UNSEEN

Rule = dict[str, str]
_TEXT = {"type": "string", "maxLength": 200}


def _rule(rule: str, message: str, field: str = "") -> Rule:
    # Of the other reasons the API server tells no message.
    made = {"rule": rule, "message": message, "reason": "FieldValueInvalid"}
    return {**made, "fieldPath": field} if field else made


def _fixed(*optional: str) -> str:
    """Return a condition: these optional fields are as they were."""
    return " && ".join(
        f"has(self.{n}) == has(oldSelf.{n}) && (!has(self.{n}) || self.{n} == oldSelf.{n})"
        for n in optional
    )


_NAMES = "(has(self.nodes) ? self.nodes.map(n, n.name) : [])"
_TRIGGERS = "(has(self.triggers) ? self.triggers.map(t, t.name) : [])"
_AFFORDABLE = (
    "!has(self.edges) || size(self.edges) * (has(self.nodes) ? size(self.nodes) : 0) > 500000"
)
_TYPE = "self.type.matches('^[A-Za-z][A-Za-z0-9_-]*([.][A-Za-z0-9_-]+)+$')"
_TYPE_MESSAGE = "a type is named by its group and its name, such as `core.set`"
_PRINTABLE = _rule(
    r"self.matches('^[^\\p{Cc}\\p{Zl}\\p{Zp}]*$')", "a name has printable characters only"
)
_ZONE = "matches('^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$')"
_ZONE_MESSAGE = "is no IANA time zone, such as Asia/Jakarta"
_DNS_LABEL = _rule(
    "size(self.metadata.name) <= 63 && !self.metadata.name.contains('.')",
    "a name has at most 63 characters and no dots",
    ".metadata",
)
_SCHEDULED = "self.type != 'trigger.schedule' || "

_TRUE = (
    "What kubectl makes of a `y` without quotes, which is `true` in YAML 1.1; Alur takes it for y."
)
_POSITION = {
    "true": {
        "type": "number",
        "description": _TRUE,
        "minimum": -MAX_PIXELS,
        "maximum": MAX_PIXELS,
    }
}

WORKFLOW_RULES: Mapping[str, tuple[Rule, ...]] = {
    "": (_DNS_LABEL,),
    "spec": (
        _rule(
            f"!sets.intersects({_NAMES}, {_TRIGGERS})",
            "a node has the name of a trigger: names are unique over triggers and nodes",
            ".nodes",
        ),
        _rule(
            f"{_AFFORDABLE} || sets.contains({_NAMES}, self.edges.map(e, e.to))",
            "an edge leads to a node that does not exist (nothing can enter a trigger)",
            ".edges",
        ),
        _rule(
            f"{_AFFORDABLE} || sets.contains({_NAMES} + {_TRIGGERS}, self.edges.map(e, e.from))",
            "an edge leaves a node or trigger that does not exist",
            ".edges",
        ),
    ),
    "spec.triggers[].name": (_PRINTABLE,),
    "spec.nodes[].name": (_PRINTABLE,),
    "spec.triggers[]": (
        _rule(_TYPE, _TYPE_MESSAGE, ".type"),
        _rule(
            "!self.type.startsWith('core.') && !self.type.startsWith('http.')",
            "is no trigger type: list it under spec.nodes",
            ".type",
        ),
        _rule(
            _SCHEDULED + "!has(self.params) || !(has(self.params.cron) && has(self.params.every))",
            "a schedule has either `cron` or `every`",
            ".params",
        ),
        _rule(
            _SCHEDULED + "has(self.params) && (has(self.params.cron) || has(self.params.every))",
            "a schedule needs `cron` or `every`",
            ".type",
        ),
        _rule(
            _SCHEDULED + "!has(self.params) || !has(self.params.cron) || "
            r"self.params.cron.matches('^\\s*\\S+(\\s+\\S+){4,5}\\s*$')",
            "a cron expression has 5 fields (minute hour day month weekday), or 6 with seconds first",
            ".params.cron",
        ),
        _rule(
            _SCHEDULED + "!has(self.params) || !has(self.params.every) || "
            "self.params.every.matches('^P.*[0-9][WDHMS]$')",
            "is no ISO 8601 duration, such as PT5M",
            ".params.every",
        ),
        _rule(
            "!has(self.params) || !has(self.params.timeZone) || self.params.timeZone." + _ZONE,
            _ZONE_MESSAGE,
            ".params.timeZone",
        ),
    ),
    "spec.nodes[]": (
        _rule(_TYPE, _TYPE_MESSAGE, ".type"),
        _rule(
            "!self.type.startsWith('trigger.')",
            "is a trigger type: list it under spec.triggers",
            ".type",
        ),
    ),
    "spec.edges[]": (
        _rule(
            "self.from != self.to || self.output == 'item'",
            "an edge leads from a node into itself: that is a cycle",
            ".to",
        ),
    ),
    "spec.settings.timeZone": (_rule("self." + _ZONE, _ZONE_MESSAGE),),
}
RUN_RULES: Mapping[str, tuple[Rule, ...]] = {
    "": (_DNS_LABEL,),
    "spec": (
        _rule(
            "!(has(self.input) && has(self.inputFrom))",
            "give the input or say where it is read, not both",
            ".inputFrom",
        ),
        _rule(
            "self.workflow == oldSelf.workflow && "
            + _fixed("version", "inputFrom", "start", "timeout"),
            "a run cannot be changed, but for ttlAfterFinished: delete it and make another",
        ),
        _rule(
            _fixed("input"),
            "the input of a run cannot be changed: delete it and make another",
            ".input",
        ),
    ),
    "spec.inputFrom": (
        _rule(
            "has(self.configMapKeyRef) != has(self.secretKeyRef)",
            "name one place: configMapKeyRef or secretKeyRef",
        ),
    ),
}

LISTS: Mapping[str, tuple[str, ...]] = {
    "spec.triggers": ("name",),
    "spec.nodes": ("name",),
    "spec.edges": ("from", "output", "to", "input"),
    "status.conditions": ("type",),
}
"""Lists that are merged by their elements' keys; all others are replaced whole."""
DEFAULTS: Mapping[str, Any] = {
    "spec.edges[].output": "main",
    "spec.edges[].input": "main",
    "status": {"observedGeneration": UNSEEN},
}
"""Keys of a list need a value. To kstatus an object without a status is healthy, before anybody has seen it."""
DECLARED: Mapping[str, Mapping[str, Any]] = {
    "spec.triggers[].params": {
        "cron": {**_TEXT, "description": "Of a schedule: 5 fields, or 6 with seconds first."},
        "every": {**_TEXT, "maxLength": 64, "description": "Of a schedule: a duration."},
        "timeZone": {**_TEXT, "maxLength": 64, "description": "Of a schedule: an IANA time zone."},
        "topic": {**_TEXT, "maxLength": 249, "description": "Of Kafka: the topic."},
        "path": {**_TEXT, "maxLength": 1024, "description": "Of a webhook: its path."},
    },
    "spec.triggers[].position": _POSITION,
    "spec.nodes[].position": _POSITION,
}
"""Fields beyond the model's: parameters that rules look at, for what is not declared they cannot see."""
