from __future__ import annotations

import pytest

from alur_common.security.records import Session
from alur_common.security.rights import Caller
from alur_registry.service import Registry
from alur_sdk.errors import UnauthenticatedError
from tests.unit.registry.world import CallerOf, MovingClock


@pytest.fixture
async def session(registry: Registry, owner: Caller) -> Session:
    return await registry.sign_in(await registry.new_sign_in_link())


async def test_a_link_signs_its_owner_in(
    registry: Registry, owner: Caller, session: Session
) -> None:
    caller = await registry.authenticate(cookie=session.access)
    assert (caller.user, caller.role, caller.kind) == (owner.user, "owner", "session")
    assert caller.csrf == session.csrf != ""


async def test_a_link_works_once(registry: Registry, owner: Caller) -> None:
    token = await registry.new_sign_in_link()
    await registry.sign_in(token)
    with pytest.raises(UnauthenticatedError, match="used"):
        await registry.sign_in(token)


async def test_a_link_ends_after_a_quarter_of_an_hour(
    registry: Registry, owner: Caller, clock: MovingClock
) -> None:
    token = await registry.new_sign_in_link()
    clock.seconds += 15 * 60
    with pytest.raises(UnauthenticatedError, match="over"):
        await registry.sign_in(token)


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "\ud800", "../links"])
async def test_a_made_up_link_signs_nobody_in(registry: Registry, token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await registry.sign_in(token)


async def test_an_access_token_ends_even_when_it_is_known(
    registry: Registry, session: Session, clock: MovingClock
) -> None:
    await registry.authenticate(cookie=session.access)
    clock.seconds = session.access_expires_at
    with pytest.raises(UnauthenticatedError):
        await registry.authenticate(cookie=session.access)


async def test_refreshing_goes_on_with_the_same_session(
    registry: Registry, session: Session, clock: MovingClock
) -> None:
    clock.seconds += 3600
    fresh = await registry.refresh(session.refresh)
    assert fresh.id == session.id
    assert (await registry.authenticate(cookie=fresh.access)).csrf == session.csrf


async def test_two_tabs_may_refresh_at_once(registry: Registry, session: Session) -> None:
    await registry.refresh(session.refresh)
    assert (await registry.refresh(session.refresh)).id == session.id


async def test_a_refresh_secret_used_again_later_ends_the_session(
    registry: Registry, session: Session, clock: MovingClock
) -> None:
    fresh = await registry.refresh(session.refresh)
    clock.seconds += 60
    with pytest.raises(UnauthenticatedError):
        await registry.refresh(session.refresh)
    for lost in (fresh.access, session.access):
        with pytest.raises(UnauthenticatedError):
            await registry.authenticate(cookie=lost)


@pytest.mark.parametrize("text", ["", ".", "x.y", "0.0", "../sessions.1", "é.é"])
async def test_a_made_up_refresh_secret_is_refused(registry: Registry, text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await registry.refresh(text)


async def test_signing_out_counts_at_once(registry: Registry, session: Session) -> None:
    caller = await registry.authenticate(cookie=session.access)
    await registry.sign_out(caller)
    with pytest.raises(UnauthenticatedError):
        await registry.authenticate(cookie=session.access)
    with pytest.raises(UnauthenticatedError):
        await registry.refresh(session.refresh)


async def test_a_removed_member_is_nobody(
    registry: Registry, owner: Caller, caller_of: CallerOf
) -> None:
    editor = await caller_of("editor")
    made = await registry.create_token(editor, name="t")
    await registry.authenticate(bearer=made.secret)
    await registry.remove_member(owner, editor.user)
    with pytest.raises(UnauthenticatedError):
        await registry.authenticate(bearer=made.secret)


async def test_a_lower_role_counts_from_the_next_request(
    registry: Registry, owner: Caller, caller_of: CallerOf
) -> None:
    editor = await caller_of("editor")
    made = await registry.create_token(editor, name="t")
    assert (await registry.authenticate(bearer=made.secret)).role == "editor"
    await registry.change_member(owner, editor.user, role="viewer")
    assert (await registry.authenticate(bearer=made.secret)).role == "viewer"


@pytest.mark.parametrize(
    "text", [None, "", "nothing", "alur_pat_", "alur_pat_" + "0" * 64, "a.b.c"]
)
async def test_what_nobody_gave_is_refused(registry: Registry, text: str | None) -> None:
    with pytest.raises(UnauthenticatedError):
        await registry.authenticate(bearer=text)


async def test_what_is_over_is_swept(
    registry: Registry, owner: Caller, session: Session, clock: MovingClock
) -> None:
    clock.seconds += 30 * 86_400
    await registry.sweep()
    with pytest.raises(UnauthenticatedError):
        await registry.refresh(session.refresh)
