"""What a valid document risks: told as a warning, never refused, for its author may well mean it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alur_engine.durations import duration_seconds
from alur_engine.reading.limits import child_path
from alur_sdk.errors import Problem

_WEBHOOK, _CODE, _REQUEST = "trigger.webhook", "core.code", "http.request"
_HERE = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/?#]|$)", re.IGNORECASE)
_PLAIN = "http://"
_SECRET = re.compile(
    r"(?:proxy-)?authorization|cookie|.*(?:api|access|auth|secret|private)[-_]?(?:key|token)|.*(?:password|secret)|token",
    re.IGNORECASE,
)
"""Names of headers and of query parameters whose values are secrets."""


_MEMORY = re.compile(r"(\d{1,6})(Ki|Mi|Gi)", re.ASCII)
_BYTES = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the installation lets nodes do."""

    wide: Sequence[str] = ()
    """The networks, not public, of which they may reach all."""
    code_seconds: float | None = None
    """The longest time that code may ask for; None: nobody says."""
    code_bytes: int | None = None
    """The most memory that code may ask for."""


NOTHING_SAID = Bounds()


def find_risks(document: dict[str, Any], bounds: Bounds = NOTHING_SAID) -> list[Problem]:
    """Return what is risky in a document that is valid, each with its path."""
    spec = document["spec"]
    return [
        *_open_webhooks(spec),
        *_untrusted_code(spec),
        *_requests(spec, bounds.wide),
        *_unchecked_servers(spec),
        *_written_secrets(spec),
    ]


def _is_on(part: dict[str, Any]) -> bool:
    return not part.get("disabled", False)


def _is_open(trigger: dict[str, Any]) -> bool:
    auth = trigger.get("params", {}).get("auth") or {}
    is_webhook = trigger["type"] == _WEBHOOK and _is_on(trigger)
    return is_webhook and auth.get("type", "none") == "none"


def _open_webhooks(spec: dict[str, Any]) -> Iterator[Problem]:
    for index, trigger in enumerate(spec.get("triggers", ())):
        if _is_open(trigger):
            says = (
                "names a credential `auth` and does not ask for it"
                if trigger.get("credentials", {}).get("auth")
                else "asks for no proof of who calls"
            )
            message = (
                f"{trigger['name']!r} {says}: whoever learns its address starts this; "
                "demand one by `auth`, as `auth: {type: header}`"
            )
            yield Problem(f"spec.triggers[{index}].params.auth", "open-webhook", message)


def _untrusted_code(spec: dict[str, Any]) -> Iterator[Problem]:
    """Yield the code that runs on what anybody can send."""
    doors = [trigger["name"] for trigger in spec.get("triggers", ()) if _is_open(trigger)]
    behind = {door: reached_from([door], spec.get("edges", ())) for door in doors}
    for index, node in enumerate(spec.get("nodes", ())):
        door = next((door for door in doors if node["name"] in behind[door]), None)
        if node["type"] == _CODE and _is_on(node) and door is not None:
            message = (
                f"{node['name']!r} runs code on what anybody can send to {door!r}: check the items "
                "before it, or let the webhook demand `auth`"
            )
            yield Problem(f"spec.nodes[{index}].params.code", "untrusted-code", message)


def reached_from(begun: Iterable[str], edges: Iterable[dict[str, Any]]) -> set[str]:
    """Return the names that edges lead to from these, themselves included."""
    onwards: dict[str, list[str]] = {}
    for edge in edges:
        onwards.setdefault(edge["from"], []).append(edge["to"])
    reached = set(begun)
    waiting = list(reached)
    while waiting:
        for name in onwards.get(waiting.pop(), ()):
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached


def _requests(spec: dict[str, Any], wide: Sequence[str]) -> Iterator[Problem]:
    for index, node in enumerate(spec.get("nodes", ())):
        url = node.get("params", {}).get("url")
        if node["type"] != _REQUEST or not _is_on(node) or not isinstance(url, str):
            continue
        path = f"spec.nodes[{index}].params.url"
        url = url.strip()
        if url.lower().startswith(_PLAIN) and not _HERE.match(url[len(_PLAIN) :]):
            what = "its credential and all else" if node.get("credentials") else "all"
            message = f"{node['name']!r} sends {what} unencrypted: use `https://`"
            yield Problem(path, "plain-http", message)
        if wide and "{{" in _host(url):
            message = (
                f"{node['name']!r} goes where an expression says, and nodes may reach all of "
                f"{', '.join(wide)} here: write the host out, or narrow ALUR_OUTBOUND_ALLOW or "
                "ALUR_OUTBOUND_PROJECTS"
            )
            yield Problem(path, "wide-outbound", message)


def _unchecked_servers(spec: dict[str, Any]) -> Iterator[Problem]:
    for index, node in enumerate(spec.get("nodes", ())):
        tls = node.get("params", {}).get("tls")
        if node["type"] != _REQUEST or not _is_on(node) or not isinstance(tls, dict):
            continue
        if tls.get("verify") is False:
            what = "its credential and all else" if node.get("credentials") else "all"
            message = (
                f"{node['name']!r} takes any certificate, so that whoever stands between reads {what}: "
                "leave `verify` on, and name the certificate to trust by `ca`"
            )
            yield Problem(f"spec.nodes[{index}].params.tls.verify", "unchecked-tls", message)


def find_excess(document: dict[str, Any], bounds: Bounds) -> list[Problem]:
    """Return the limits of code above what may be asked for, each with its path."""
    return list(_code_beyond(document["spec"], bounds))


def _code_beyond(spec: dict[str, Any], bounds: Bounds) -> Iterator[Problem]:
    for index, node in enumerate(spec.get("nodes", ())):
        limits = node.get("params", {}).get("limits")
        if node["type"] != _CODE or not _is_on(node) or not isinstance(limits, dict):
            continue
        path = f"spec.nodes[{index}].params.limits"
        seconds, most = _seconds(limits.get("time")), bounds.code_seconds
        if seconds is not None and most is not None and seconds > most:
            told = f"code may run for {most:g} s at the most here (`ALUR_CODE_MAX_SECONDS`)"
            yield Problem(f"{path}.time", "code-limit", _too_much(node, limits["time"], told))
        size, room = _bytes(limits.get("memory")), bounds.code_bytes
        if size is not None and room is not None and size > room:
            told = (
                f"code may take {room // 1024**2}Mi at the most here (`ALUR_CODE_MAX_MEMORY_MIB`)"
            )
            yield Problem(f"{path}.memory", "code-limit", _too_much(node, limits["memory"], told))


def _seconds(written: object) -> float | None:
    """Return the seconds of a duration, or None for what is evaluated, or none at all, which others tell."""
    try:
        return duration_seconds(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _bytes(written: object) -> int | None:
    match = _MEMORY.fullmatch(written) if isinstance(written, str) else None
    return int(match[1]) * _BYTES[match[2]] if match else None


def _too_much(node: dict[str, Any], asked: str, told: str) -> str:
    return f"{node['name']!r} asks for {asked}: {told}"


def _written_secrets(spec: dict[str, Any]) -> Iterator[Problem]:
    """Yield secrets that stand in the document itself, where everybody reads them who may read workflows."""
    for index, node in enumerate(spec.get("nodes", ())):
        if node["type"] != _REQUEST or not _is_on(node):
            continue
        for part in ("headers", "query"):
            given = node.get("params", {}).get(part)
            for name, value in given.items() if isinstance(given, dict) else ():
                if _SECRET.fullmatch(name) and isinstance(value, str) and _is_written(value):
                    message = (
                        f"{node['name']!r} has a secret written out in {name!r}, for everybody to read who may "
                        "read the workflow: keep it in a credential"
                    )
                    path = child_path(f"spec.nodes[{index}].params.{part}", name)
                    yield Problem(path, "plain-secret", message)


def _is_written(value: str) -> bool:
    return bool(value.strip()) and "{{" not in value


def _host(url: str) -> str:
    """Return what comes before the path, as far as that is written out."""
    _, found, rest = url.partition("://")
    return rest.partition("/")[0] if found and "{{" not in url.partition("://")[0] else url
