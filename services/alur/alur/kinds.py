"""The kinds of things that `get`, `describe` and `delete` know: where they are and what a table shows of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer

from alur.output import age, milliseconds

Getter = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of things."""

    name: str
    singular: str
    aliases: tuple[str, ...]
    path: str
    """Below `/api/v1`, or below the project when `in_project`."""
    columns: tuple[tuple[str, Getter], ...]
    in_project: bool = False
    key: str = "name"
    """The field that names one of them."""
    can_get: bool = True
    """One of them has an address of its own."""
    can_delete: bool = True
    needs_etag: bool = False

    def key_of(self, shown: dict[str, Any]) -> str:
        """Return the name or id of one of them."""
        found: Any = shown
        for part in self.key.split("."):
            found = found.get(part, {}) if isinstance(found, dict) else {}
        return str(found or "")


def _at(*path: str) -> Getter:
    def get(shown: dict[str, Any]) -> object:
        found: Any = shown
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found

    return get


def _age(*path: str) -> Getter:
    get = _at(*path)
    return lambda shown: age(get(shown))


def _state(shown: dict[str, Any]) -> str:
    return "suspended" if shown["spec"].get("suspend") else "active"


def _triggers(shown: dict[str, Any]) -> str:
    types = [str(trigger["type"]) for trigger in shown["spec"].get("triggers", ())]
    return ", ".join(dict.fromkeys(name.removeprefix("trigger.") for name in types))


def started_by(shown: dict[str, Any]) -> str:
    """Return what started an execution: a trigger, or the way where none did."""
    return str(shown.get("trigger") or f"({shown.get('mode', 'manual')})")


def _who(shown: dict[str, Any]) -> object:
    return " from ".join(str(v) for v in (shown.get("who"), shown.get("source")) if v)


def _joined(name: str) -> Getter:
    return lambda shown: ", ".join(map(str, shown.get(name) or ()))


KINDS = (
    Kind(
        "workflows", "workflow", ("workflow", "awf", "wf", "workflows.alur.dev"), "workflows",
        (
            ("name", _at("metadata", "name")), ("title", _at("spec", "title")),
            ("version", _at("status", "activeVersion")), ("state", _state),
            ("triggers", _triggers), ("last", _at("status", "lastExecution", "status")),
            ("age", _age("metadata", "createdAt")),
        ),
        in_project=True, key="metadata.name", needs_etag=True,
    ),
    Kind(
        "executions", "execution", ("execution", "ex", "runs", "run"), "executions",
        (
            ("id", _at("id")), ("workflow", _at("workflow")), ("version", _at("version")),
            ("status", _at("status")), ("trigger", started_by),
            ("age", _age("startedAt")),
            ("duration", lambda shown: milliseconds(shown.get("durationMs"))),
        ),
        in_project=True, key="id", can_delete=False,
    ),
    Kind(
        "nodes", "node type", ("node", "node-types", "node-type", "nodetypes"), "node-types",
        (
            ("type", _at("type")), ("label", _at("label")), ("effect", _at("effect")),
            ("inputs", lambda shown: _some(shown.get("inputs"))),
            ("outputs", lambda shown: _some(shown.get("outputs"))),
        ),
        key="type", can_delete=False,
    ),
    Kind(
        "credentials", "credential", ("credential", "cred", "creds"), "credentials",
        (
            ("name", _at("name")), ("type", _at("type")), ("fields", _joined("fields")),
            ("hosts", _joined("allowedDomains")), ("node types", _joined("allowedNodeTypes")),
            ("version", _at("version")), ("age", _age("updatedAt")),
        ),
        in_project=True,
    ),
    Kind(
        "variables", "variable", ("variable", "var", "vars"), "variables",
        (("name", _at("name")), ("value", _at("value")), ("age", _age("updatedAt"))),
        in_project=True, can_get=False,
    ),
    Kind(
        "projects", "project", ("project", "namespaces", "namespace", "ns"), "projects",
        (("name", _at("name")), ("title", _at("title")), ("age", _age("createdAt"))),
        can_get=False,
    ),
    Kind(
        "tokens", "token", ("token",), "tokens",
        (
            ("id", _at("id")), ("name", _at("name")), ("role", _at("role")),
            ("scopes", _joined("scopes")), ("age", _age("createdAt")),
            ("expires", _at("expiresAt")),
        ),
        key="id", can_get=False,
    ),
    Kind(
        "producers", "producer", ("producer",), "producers",
        (("id", _at("id")), ("name", _at("name")), ("age", _age("createdAt"))),
        key="id", can_get=False,
    ),
    Kind(
        "members", "member", ("member", "users", "people"), "members",
        (
            ("id", _at("id")), ("name", _at("name")), ("email", _at("email")),
            ("role", _at("role")), ("age", _age("createdAt")),
        ),
        key="id", can_get=False,
    ),
    Kind(
        "audit", "audit entry", (), "audit",
        (
            ("time", _at("at")), ("who", _at("user")), ("action", _at("action")),
            ("what", _at("target")),
        ),
        key="number", can_get=False, can_delete=False,
    ),
    Kind(
        "security-events", "security event", ("security-event", "security"), "security-events",
        (
            ("time", _at("lastAt")), ("kind", _at("kind")), ("count", _at("count")),
            ("what", _at("target")), ("why", _at("reason")), ("who", _who),
            ("workflow", _at("workflow")), ("execution", _at("execution")),
        ),
        key="number", can_get=False, can_delete=False,
    ),
)  # fmt: skip


def kind_named(name: str) -> Kind:
    """Return the kind of this name or alias. Raises a usage error that lists them."""
    for kind in KINDS:
        if name.lower() in {kind.name, *kind.aliases}:
            return kind
    known = ", ".join(kind.name for kind in KINDS)
    raise typer.BadParameter(f"there is no kind {name!r}; known: {known}")


def _some(names: object) -> str:
    shown = list(map(str, names)) if isinstance(names, list) else []
    return ", ".join(shown[:4]) + (", …" if len(shown) > 4 else "")  # noqa: PLR2004  # what fits
