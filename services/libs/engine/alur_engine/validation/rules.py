"""What single types and the settings demand beyond their schema: times, zones and webhook addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from alur_engine.catalogue import Catalogue
from alur_engine.durations import duration_seconds
from alur_engine.expressions import Evaluator, find_problems, is_expression
from alur_engine.validation.cron import cron_problem
from alur_engine.validation.drafts import Draft, Step
from alur_sdk.errors import Problem
from alur_sdk.nodes import OWN_REPLY_HEADERS
from alur_sdk.zones import is_time_zone

_SHORTEST_SECONDS = 1.0
_SCHEMES = ("https://", "http://")


def rule_problems(draft: Draft, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what the types and settings refuse beyond their schema."""
    yield from zone_problems(draft.settings.get("timeZone"), "spec.settings.timeZone")
    for step in draft.steps:
        rule = _RULES.get(step.type)
        if rule is not None and catalogue.find(step.type) is not None:
            yield from rule(step)
    yield from _shared_addresses(draft)
    yield from _unanswered(draft)


def zone_problems(zone: object, path: str) -> Iterator[Problem]:
    """Yield whether this is no time zone of the IANA data base."""
    if isinstance(zone, str) and not is_time_zone(zone):
        message = f"{zone[:60]!r} is no IANA time zone, such as `Asia/Jakarta`"
        yield Problem(path, "time-zone", message)


def _schedule(step: Step) -> Iterator[Problem]:
    path = f"{step.path}.params"
    cron, every = step.params.get("cron"), step.params.get("every")
    if cron is not None and every is not None:
        yield Problem(path, "value", "a schedule has either `cron` or `every`")
    if isinstance(every, str) and _seconds(every) < _SHORTEST_SECONDS:
        yield Problem(f"{path}.every", "value", "`every` is one second at least")
    if isinstance(cron, str) and (reason := cron_problem(cron)):
        yield Problem(f"{path}.cron", "cron", reason)
    yield from zone_problems(step.params.get("timeZone"), f"{path}.timeZone")


def _seconds(duration: str) -> float:
    """Return how long it is; what is no duration has its own problem, and is long enough."""
    try:
        return duration_seconds(duration)
    except ValueError:
        return _SHORTEST_SECONDS


def _webhook(step: Step) -> Iterator[Problem]:
    auth = step.params.get("auth")
    kind = auth.get("type") if isinstance(auth, dict) else None
    if kind not in {None, "none"} and "auth" not in step.credentials:
        message = f"`auth` of type `{kind}` needs its secret: name a credential `auth`"
        yield Problem(f"{step.path}.credentials.auth", "missing", message)


def _event(step: Step) -> Iterator[Problem]:
    """A filter is the one parameter of a trigger that is an expression; it sees the event alone."""
    path, text = f"{step.path}.params.filter", step.params.get("filter")
    if not isinstance(text, str) or not text:
        return
    if not is_expression(text):
        message = "a filter is an expression, such as `{{ $json.data.total > 100 }}`"
        yield Problem(path, "expression", message)
        return
    faults = find_problems(text, path)
    yield from faults
    if not faults and Evaluator().template(text).references:
        yield Problem(path, "unknown-node", "a filter sees the event as `$json`, and no node")


def _topic(step: Step) -> Iterator[Problem]:
    """What the installation itself says on its broker is not for workflows."""
    topic = step.params.get("topic")
    if isinstance(topic, str) and topic.startswith("alur.") and "brokers" not in step.credentials:
        message = f"{topic[:60]} is the installation's own: no workflow may use it"
        yield Problem(f"{step.path}.params.topic", "value", message)


def _stop(step: Step) -> Iterator[Problem]:
    if step.params.get("message") == "" and not step.params.get("ok"):
        message = "give a `message`, or say `ok: true`"
        yield Problem(f"{step.path}.params.message", "missing", message)
    if step.on_error in ("continue", "branch"):
        message = (
            f"`core.stop` ends the execution: `{step.on_error}` would let it go on: leave it out"
        )
        yield Problem(f"{step.path}.onError", "value", message)


def _respond(step: Step) -> Iterator[Problem]:
    headers = step.params.get("headers")
    for name in headers if isinstance(headers, dict) else ():
        if name.lower() in OWN_REPLY_HEADERS:
            message = "this header is set by Alur alone: leave it out"
            yield Problem(f"{step.path}.params.headers.{name}", "reserved", message)


def _wait(step: Step) -> Iterator[Problem]:
    until = step.params.get("until")
    if not isinstance(until, str) or is_expression(until):
        return
    try:
        datetime.fromisoformat(until)
    except ValueError:
        message = f"{until[:40]!r} is no date and time, such as `2030-01-31T09:00:00`"
        yield Problem(f"{step.path}.params.until", "value", message)


def _aggregate(step: Step) -> Iterator[Problem]:
    """Each value has a field of its own: one that is written again would be lost."""
    group, into, values = (step.params.get(name) for name in ("group", "into", "values"))
    taken = {str(path): "group" for path in group} if isinstance(group, list) else {}
    if isinstance(into, str):
        taken[into] = "into"
    for index, value in enumerate(values if isinstance(values, list) else ()):
        target = value.get("as", value.get("function")) if isinstance(value, dict) else None
        if not isinstance(target, str) or is_expression(target):
            continue
        if target in taken:
            message = f"`{target}` is taken by `{taken[target]}`: give another `as`"
            yield Problem(f"{step.path}.params.values[{index}].as", "duplicate", message)
        taken.setdefault(target, f"values[{index}]")


def _request(step: Step) -> Iterator[Problem]:
    url = step.params.get("url")
    if not isinstance(url, str):
        return
    said, braces, _ = url.strip().lower().partition("{{")
    # What stands before an expression may be a scheme that is begun.
    if not any(said.startswith(s) or (braces and s.startswith(said)) for s in _SCHEMES):
        message = f"{url[:60]!r} is no address that begins with `https://` or `http://`"
        yield Problem(f"{step.path}.params.url", "value", message)


_RULES: dict[str, Callable[[Step], Iterator[Problem]]] = {
    "core.aggregate": _aggregate,
    "core.respond": _respond,
    "core.stop": _stop,
    "core.wait": _wait,
    "http.request": _request,
    "kafka.produce": _topic,
    "trigger.event": _event,
    "trigger.kafka": _topic,
    "trigger.schedule": _schedule,
    "trigger.webhook": _webhook,
}


def _shared_addresses(draft: Draft) -> Iterator[Problem]:
    """Yield webhooks of one workflow that would answer to the same method and path."""
    taken: dict[tuple[str, str], Step] = {}
    for step in draft.steps:
        if step.type != "trigger.webhook":
            continue
        methods = step.params.get("methods", ["POST"])
        for method in methods if isinstance(methods, list) else []:
            address = (str(method), str(step.params.get("path", "")).strip("/"))
            first = taken.setdefault(address, step)
            if first is not step:
                message = f"{first.name!r} has the address {address[0]} {address[1]!r} already"
                yield Problem(f"{step.path}.params.path", "duplicate", message)


def _unanswered(draft: Draft) -> Iterator[Problem]:
    """Yield webhooks that leave the answer to a node where no node gives one."""
    if any(step.type == "core.respond" for step in draft.steps):
        return
    for step in draft.steps:
        if step.type == "trigger.webhook" and step.params.get("respond") == "node":
            message = "`respond: node` needs a node of type `core.respond`: nobody else answers"
            yield Problem(f"{step.path}.params.respond", "value", message)
