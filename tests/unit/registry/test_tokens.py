from __future__ import annotations

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.security.rights import Caller
from alur_registry.adapters.stored import TOKENS
from alur_registry.service import Registry
from alur_sdk.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
)
from tests.unit.registry.world import CallerOf, Doc, MovingClock


async def test_a_token_is_its_maker(registry: Registry, owner: Caller) -> None:
    made = await registry.create_token(owner, name="ci")
    caller = await registry.authenticate(bearer=made.secret)
    assert (caller.user, caller.role, caller.kind, caller.csrf) == (
        owner.user,
        "owner",
        "token",
        "",
    )
    assert caller.id == made.token.id


async def test_the_store_knows_no_secret(
    registry: Registry, owner: Caller, documents: MemoryDocuments
) -> None:
    made = await registry.create_token(owner, name="ci")
    kept = await documents.find(TOKENS)
    assert made.secret not in str(kept)
    assert made.secret not in repr(made)
    assert made.shown()["token"] == made.secret


async def test_a_revoked_token_counts_no_more(registry: Registry, owner: Caller) -> None:
    made = await registry.create_token(owner, name="ci")
    await registry.authenticate(bearer=made.secret)
    await registry.revoke_token(owner, made.token.id)
    with pytest.raises(UnauthenticatedError):
        await registry.authenticate(bearer=made.secret)


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        ({"role": "viewer"}, {}),
        ({"scopes": ["tokens:delete"]}, {"scopes": ["tokens:delete", "workflows:read"]}),
        ({"projects": ["shop"]}, {"projects": ["shop", "default"]}),
        ({"projects": ["shop"]}, {}),
    ],
)
async def test_a_token_ends_itself_and_none_that_may_more(
    registry: Registry, owner: Caller, weak: Doc, strong: Doc
) -> None:
    await registry.create_project(owner, "shop")
    may_more = await registry.create_token(owner, name="strong", **strong)
    made = await registry.create_token(owner, name="weak", **weak)
    twin = await registry.create_token(owner, name="twin", **weak)
    caller = await registry.authenticate(bearer=made.secret)
    with pytest.raises(ForbiddenError, match="strong"):
        await registry.revoke_token(caller, may_more.token.id)
    await registry.authenticate(bearer=may_more.secret)
    for token in (twin, made):
        await registry.revoke_token(caller, token.token.id)
        with pytest.raises(UnauthenticatedError):
            await registry.authenticate(bearer=token.secret)


async def test_a_token_for_a_project_that_does_not_exist_is_refused(
    registry: Registry, owner: Caller
) -> None:
    with pytest.raises(NotFoundError, match="ghost"):
        await registry.create_token(owner, name="ci", projects=["default", "ghost"])


async def test_a_token_ends_when_it_was_said_to(
    registry: Registry, owner: Caller, clock: MovingClock
) -> None:
    made = await registry.create_token(owner, name="ci", expires_in_seconds=60)
    await registry.authenticate(bearer=made.secret)
    clock.seconds += 60
    with pytest.raises(UnauthenticatedError):
        await registry.authenticate(bearer=made.secret)


async def test_a_scoped_token_may_what_its_scopes_say(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    made = await registry.create_token(owner, name="ci", scopes=["workflows:read"])
    caller = await registry.authenticate(bearer=made.secret)
    assert (await registry.list_workflows(caller, "default")).items == []
    with pytest.raises(ForbiddenError):
        await registry.save(caller, "default", document)


async def test_a_token_of_a_project_sees_no_other(registry: Registry, owner: Caller) -> None:
    await registry.create_project(owner, "shop")
    made = await registry.create_token(owner, name="ci", projects=["shop"])
    caller = await registry.authenticate(bearer=made.secret)
    assert (await registry.list_workflows(caller, "shop")).items == []
    with pytest.raises(NotFoundError):
        await registry.list_workflows(caller, "default")
    assert [p.name for p in (await registry.list_projects(caller)).items] == ["shop"]
    assert (await registry.me(caller))["projects"] == ["shop"]


async def test_no_token_gives_more_than_its_maker_has(
    registry: Registry, owner: Caller, caller_of: CallerOf
) -> None:
    editor = await caller_of("editor")
    with pytest.raises(ForbiddenError):
        await registry.create_token(editor, name="t", role="owner")
    made = await registry.create_token(editor, name="t", scopes=["workflows:*", "tokens:write"])
    limited = await registry.authenticate(bearer=made.secret)
    with pytest.raises(ForbiddenError):
        await registry.create_token(limited, name="t", scopes=["credentials:write"])
    await registry.create_token(limited, name="t", scopes=["workflows:read"])


async def test_a_token_of_a_project_makes_none_for_another(
    registry: Registry, owner: Caller
) -> None:
    await registry.create_project(owner, "shop")
    made = await registry.create_token(owner, name="ci", projects=["shop"])
    limited = await registry.authenticate(bearer=made.secret)
    assert (await registry.create_token(limited, name="t")).token.projects == ("shop",)
    with pytest.raises(NotFoundError):
        await registry.create_token(limited, name="t", projects=["default"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": ["workflow:read"]},
        {"scopes": []},
        {"scopes": ["workflows"]},
        {"role": "king"},
        {"expires_in_seconds": 0},
        {"expires_in_seconds": float("nan")},
        {"name": ""},
        {"name": "a\nb"},
        {"projects": ["No Label"]},
    ],
)
async def test_a_wrong_wish_is_refused_with_its_path(
    registry: Registry, owner: Caller, wrong: Doc
) -> None:
    with pytest.raises(InvalidError) as raised:
        await registry.create_token(owner, **{"name": "t", **wrong})
    assert raised.value.problems


async def test_tokens_of_others_are_not_seen(
    registry: Registry, owner: Caller, caller_of: CallerOf
) -> None:
    made = await registry.create_token(owner, name="mine")
    editor = await caller_of("editor")
    assert (await registry.list_tokens(editor)).items == []
    with pytest.raises(ForbiddenError):
        await registry.list_tokens(editor, everyone=True)
    with pytest.raises(NotFoundError):
        await registry.revoke_token(editor, made.token.id)
    admin = await caller_of("admin")
    found = await registry.list_tokens(admin, everyone=True)
    assert [t.name for t in found.items] == ["mine"]
    await registry.revoke_token(admin, made.token.id)
