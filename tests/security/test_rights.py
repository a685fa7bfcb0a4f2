"""Attack 28 of the security checklist: the whole table, each role x resource x action."""

from __future__ import annotations

from typing import get_args

import pytest

from alur_common.security.rights import (
    IN_PROJECTS,
    ROLES,
    TABLE,
    Caller,
    Role,
    authorize,
    check_scopes,
    lower_role,
    role_allows,
)
from alur_sdk.errors import ForbiddenError, InvalidError, NotFoundError

ROWS = [(resource, action) for resource, actions in TABLE.items() for action in actions]
MATRIX = """
workflows    read                       viewer operator editor admin owner
workflows    execute export                    operator editor admin owner
workflows    write delete                               editor admin owner
workflows    share manage                                      admin owner
executions   read                       viewer operator editor admin owner
executions   execute export write              operator editor admin owner
executions   delete                                            admin owner
credentials  read                              operator editor admin owner
credentials  use write delete                           editor admin owner
credentials  share                                             admin owner
credentials  manage                                                  owner
variables    read                       viewer operator editor admin owner
variables    write delete                               editor admin owner
pools        use                                        editor admin owner
topics       use                                        editor admin owner
expressions  execute                           operator editor admin owner
node-types   read                       viewer operator editor admin owner
templates    read                       viewer operator editor admin owner
templates    write delete                               editor admin owner
projects     read                       viewer operator editor admin owner
projects     write delete                                      admin owner
members      read                       viewer operator editor admin owner
members      write delete                                      admin owner
me           read                       viewer operator editor admin owner
tokens       read write delete          viewer operator editor admin owner
tokens       manage                                            admin owner
sessions     read write delete          viewer operator editor admin owner
sessions     manage                                            admin owner
audit        read export                                       admin owner
settings     read                                              admin owner
settings     write                                                   owner
"""
ALLOWED = {
    (resource, action, role)
    for resource, *rest in (line.split() for line in MATRIX.strip().splitlines())
    for action in rest
    if action not in ROLES
    for role in rest
    if role in ROLES
}


def caller(role: Role = "owner", **limits: frozenset[str] | None) -> Caller:
    return Caller("t", "u", role, **limits)  # type: ignore[arg-type]  # scopes are never None here


def test_28_the_matrix_says_what_the_table_says() -> None:
    assert {(resource, action) for resource, action, _ in ALLOWED} == set(ROWS)
    assert set(get_args(Role)) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("resource", "action"), ROWS)
def test_28_each_role_may_exactly_what_the_matrix_says(
    role: Role, resource: str, action: str
) -> None:
    allowed = (resource, action, role) in ALLOWED
    assert caller(role).may(action, resource) is allowed
    if not allowed:
        with pytest.raises(ForbiddenError):
            authorize(caller(role), action, resource)


@pytest.mark.parametrize(
    ("action", "resource"), [("read", "nothing"), ("fly", "workflows"), ("", ""), ("*", "*")]
)
def test_28_what_the_table_does_not_name_nobody_may(action: str, resource: str) -> None:
    with pytest.raises(ForbiddenError):
        authorize(caller("owner"), action, resource)


def test_28_an_unknown_role_may_nothing() -> None:
    assert not any(role_allows("king", action, resource) for resource, action in ROWS)


@pytest.mark.parametrize("verb", ["execute", "share", "export", "write", "delete"])
def test_28_looking_is_never_enough_to_act(verb: str) -> None:
    reader = caller("owner", scopes=frozenset({"*:read"}))
    for resource, action in ROWS:
        if action == verb:
            assert not reader.may(action, resource)
            assert verb in {"write", "delete"} or not caller("viewer").may(action, resource)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("workflows:read", {("workflows", "read")}),
        ("workflows:*", {row for row in ROWS if row[0] == "workflows"}),
        ("*:read", {row for row in ROWS if row[1] == "read"}),
        ("*", set(ROWS)),
        ("workflow:read", set()),
        ("", set()),
    ],
)
def test_29_scopes_only_narrow(scope: str, allowed: set[tuple[str, str]]) -> None:
    limited = caller("owner", scopes=frozenset({scope}))
    assert {row for row in ROWS if limited.may(row[1], row[0])} == allowed
    viewer = caller("viewer", scopes=frozenset({scope}))
    assert all(caller("viewer").may(a, r) for r, a in ROWS if viewer.may(a, r))


@pytest.mark.parametrize("resource", sorted(IN_PROJECTS))
def test_29_another_project_does_not_exist_for_a_limited_caller(resource: str) -> None:
    limited, action = caller("owner", projects=frozenset({"shop"})), next(iter(TABLE[resource]))
    authorize(limited, action, resource, "shop")
    with pytest.raises(NotFoundError):
        authorize(limited, action, resource, "default")
    # Searching everywhere would be looking outside.
    with pytest.raises(ForbiddenError):
        authorize(limited, action, resource)


def test_29_a_limited_caller_administers_nothing_of_the_tenant() -> None:
    limited = caller("owner", projects=frozenset({"shop"}))
    may = {row for row in ROWS if limited.may(row[1], row[0])}
    own = {(r, a) for r in ("tokens", "sessions") for a in ("read", "write", "delete")}
    assert may - own == {
        ("me", "read"),
        ("node-types", "read"),
        ("expressions", "execute"),
        ("templates", "read"),
        ("projects", "read"),
    }


def test_29_limits_only_shrink() -> None:
    limited = caller("owner", projects=frozenset({"a", "b"}))
    assert limited.within(None).projects == frozenset({"a", "b"})
    assert limited.within(frozenset({"b", "c"})).projects == frozenset({"b"})
    assert caller("owner").within(frozenset({"c"})).projects == frozenset({"c"})


@pytest.mark.parametrize("left", ROLES)
@pytest.mark.parametrize("right", ROLES)
def test_the_lower_role_wins(left: Role, right: Role) -> None:
    assert lower_role(left, right) == min(left, right, key=ROLES.index)


@pytest.mark.parametrize("scope", ["x", "workflows", "workflows:fly", "*:fly", ":", "workflows:"])
def test_29_a_scope_that_allows_nothing_is_refused(scope: str) -> None:
    with pytest.raises(InvalidError):
        check_scopes(frozenset({scope}))


def test_each_row_is_a_scope() -> None:
    check_scopes(frozenset({f"{resource}:{action}" for resource, action in ROWS} | {"*"}))


def test_a_refusal_does_not_show_the_csrf_word() -> None:
    assert "word" not in repr(Caller("t", "u", "owner", csrf="word"))
