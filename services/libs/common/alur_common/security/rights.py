"""Who may do what: one table of role x resource x action, for every way into Alur."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from alur_sdk.errors import ForbiddenError, InvalidError, NotFoundError, Problem

Role = Literal["viewer", "operator", "editor", "admin", "owner"]
Kind = Literal["session", "token", "internal"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "editor", "admin", "owner")
"""From the least to the most: each role may all that those before it may."""
RANK: Mapping[str, int] = {role: rank for rank, role in enumerate(ROLES)}

TABLE: Mapping[str, Mapping[str, Role]] = {
    "workflows": {
        "read": "viewer",
        "execute": "operator",
        "export": "operator",
        "write": "editor",
        "delete": "editor",
        "share": "admin",
        "manage": "admin",
    },
    "executions": {
        "read": "viewer",
        "execute": "operator",
        "export": "operator",
        "write": "operator",
        "delete": "admin",
    },
    "credentials": {
        "read": "operator",
        "use": "editor",
        "write": "editor",
        "delete": "editor",
        "share": "admin",
        "manage": "owner",
    },
    "variables": {"read": "viewer", "write": "editor", "delete": "editor"},
    "pools": {"use": "editor"},
    "topics": {"use": "editor"},
    "expressions": {"execute": "operator"},
    "node-types": {"read": "viewer"},
    "templates": {"read": "viewer", "write": "editor", "delete": "editor"},
    "projects": {"read": "viewer", "write": "admin", "delete": "admin"},
    "members": {"read": "viewer", "write": "admin", "delete": "admin"},
    "me": {"read": "viewer"},
    "tokens": {"read": "viewer", "write": "viewer", "delete": "viewer", "manage": "admin"},
    "sessions": {"read": "viewer", "write": "viewer", "delete": "viewer", "manage": "admin"},
    "audit": {"read": "admin", "export": "admin"},
    "settings": {"read": "admin", "write": "owner"},
}
"""resource -> action -> the least role that may. `tokens` and `sessions` mean one's own; `manage` those of others."""

NAMED: Mapping[str, tuple[str, str]] = {
    "credential": ("use", "credentials"),
    "workflow": ("execute", "workflows"),
    "variable": ("read", "variables"),
    "pool": ("use", "pools"),
    "topic": ("use", "topics"),
}
"""What a workflow may name -> the action and the resource that it takes to name it, of whoever saves it and at each run of whoever published it."""

IN_PROJECTS = frozenset({"workflows", "executions", "credentials", "variables", "pools", "topics"})
"""Resources that live in a project: a caller limited to projects must name one of them."""
FOR_EVERYONE = frozenset({"me", "node-types", "expressions", "templates", "projects"})
"""Resources of the tenant that a caller limited to projects may still read, filtered to its projects."""


def role_allows(role: str, action: str, resource: str) -> bool:
    """Return whether the table lets this role do it; what the table does not name nobody may."""
    least = TABLE.get(resource, {}).get(action)
    return least is not None and RANK.get(role, -1) >= RANK[least]


def lower_role(left: Role, right: Role) -> Role:
    """Return the role that may less."""
    return left if RANK[left] <= RANK[right] else right


class OutOfReachError(NotFoundError):
    """The caller is limited to other projects: to them it does not exist."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and within which limits.

    `scopes` restrict what the role gives: `resource:action`, `resource:*`, `*:action` or `*`. `projects` None means all
    of the tenant. `csrf` is what a browser's write has to repeat in `X-CSRF-Token`; empty for tokens.
    """

    tenant: str
    user: str
    role: Role
    scopes: frozenset[str] = frozenset({"*"})
    kind: Kind = "session"
    projects: frozenset[str] | None = None
    name: str = ""
    id: str = ""
    """Of the session or token by which they came."""
    csrf: str = field(default="", repr=False)

    def may(self, action: str, resource: str, project: str | None = None) -> bool:
        """Return what `authorize` would say."""
        return (
            role_allows(self.role, action, resource)
            and _in_scopes(self.scopes, action, resource)
            and _in_reach(self.projects, action, resource, project)
        )

    def within(self, projects: frozenset[str] | None) -> Caller:
        """Return this caller limited further to these projects."""
        if projects is None:
            return self
        limited = projects if self.projects is None else self.projects & projects
        return replace(self, projects=limited)


def authorize(caller: Caller, action: str, resource: str, project: str | None = None) -> None:
    """Return when the caller may do this; costs well under a microsecond or two.

    Raises `OutOfReachError` for a project out of the caller's reach, which to them does not exist, else `ForbiddenError`.
    """
    if project is not None and caller.projects is not None and project not in caller.projects:
        raise OutOfReachError(f"there is no project {project}", project=project)
    if not caller.may(action, resource, project):
        least = TABLE.get(resource, {}).get(action, "nobody")
        raise ForbiddenError(
            f"{caller.role} {caller.name or caller.user} may not {action} {resource}: it takes {least} "
            "and a token whose scopes and projects include it",
            action=action,
            resource=resource,
        )


def rights_of(caller: Caller, project: str | None = None) -> list[str]:
    """Return all that the caller may, as `resource:action`, in this project, or in any of those within reach."""
    if project is None and caller.projects is not None:
        project = min(caller.projects, default=None)
    return [
        f"{resource}:{action}"
        for resource, actions in TABLE.items()
        for action in actions
        if caller.may(action, resource, project if resource in IN_PROJECTS else None)
    ]


def check_scopes(scopes: frozenset[str]) -> None:
    """Raise `InvalidError` naming each scope that allows nothing, such as a mistyped one."""
    problems = [
        Problem(f"scopes[{index}]", "unknown", f"{scope} names no resource and action")
        for index, scope in enumerate(sorted(scopes))
        if not _is_scope(scope)
    ]
    if not scopes:
        problems = [Problem("scopes", "required", "name at least one scope, or *")]
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}", problems)


def _is_scope(scope: str) -> bool:
    if scope == "*":
        return True
    resource, separator, action = scope.partition(":")
    if not separator:
        return False
    if resource == "*":
        return any(action in actions for actions in TABLE.values())
    return resource in TABLE and (action == "*" or action in TABLE[resource])


def _in_scopes(scopes: frozenset[str], action: str, resource: str) -> bool:
    return (
        "*" in scopes
        or f"{resource}:{action}" in scopes
        or f"{resource}:*" in scopes
        or f"*:{action}" in scopes
    )


def _in_reach(
    projects: frozenset[str] | None, action: str, resource: str, project: str | None
) -> bool:
    if projects is None:
        return True
    if resource in IN_PROJECTS or project is not None:
        return project in projects
    if resource in {"tokens", "sessions"}:
        return action != "manage"
    return resource in FOR_EVERYONE and action in {"read", "execute"}
