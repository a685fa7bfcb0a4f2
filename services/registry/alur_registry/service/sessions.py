"""Sign-in by one-time links, sessions, and who a request comes from."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace

from alur_common.cache import Cache
from alur_common.documents.port import Where
from alur_common.security.records import Session
from alur_common.security.rights import Caller, Kind, Role, authorize, lower_role, rights_of
from alur_common.security.sessions import AccessTokens
from alur_common.security.tokens import is_token, secret_hash
from alur_registry.domain.entities import KeptSession, Link
from alur_registry.service.tools import Tools
from alur_sdk.errors import ConflictError, NotFoundError, UnauthenticatedError

LINK_SECONDS = 15 * 60
REFRESH_SECONDS = 14 * 24 * 3600
_GRACE_SECONDS = 30.0
"""How long the refresh secret before the last one still counts: two tabs may refresh at once."""
_LONGEST_SECRET = 512


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    until: float


class Sessions:
    """Answers who asks. What it knows is forgotten at once when a token, session or member changes here."""

    def __init__(
        self,
        tools: Tools,
        access: AccessTokens,
        *,
        fresh_seconds: float | None,
    ) -> None:
        self._store = tools.store
        self._access = access
        self._audit = tools.audit
        self._clock = tools.clock
        self._ids = tools.ids
        self._callers: Cache[_Known] = Cache(tools.clock, size=10_000, fresh_seconds=fresh_seconds)
        self._grants: Cache[list[str]] = Cache(tools.clock, size=2_000, fresh_seconds=fresh_seconds)

    async def authenticate(self, *, bearer: str | None = None, cookie: str | None = None) -> Caller:
        """Return who sends this bearer token (an API token or a session's) or session cookie.

        A known one costs a hash and a look-up. Raises `UnauthenticatedError`, with one message for every reason.
        """
        credential = bearer if bearer is not None else cookie
        if not credential or len(credential) > 4 * _LONGEST_SECRET:
            raise _unauthenticated()
        known = await self._callers.get(secret_hash(credential), lambda: self._identify(credential))
        if known.until <= self._clock.now():
            raise _unauthenticated()
        return known.caller

    async def granted(self, tenant: str, project: str, user: str) -> list[str]:
        """Return what this person may in a project by their role, as `credentials:use`; one who is gone may nothing."""

        async def look_up() -> list[str]:
            member = await self._store.members.find(tenant, user)
            if member is None:
                return []
            reach = None if member.projects is None else frozenset(member.projects)
            return rights_of(Caller(tenant, user, member.role, projects=reach), project)

        return await self._grants.get(f"{tenant}/{project}/{user}", look_up)

    async def new_link(self, tenant: str, user: str) -> str:
        """Return a token that signs this user in once, within `LINK_SECONDS`."""
        token = self._ids.secret(32)
        expires_at = self._clock.now() + LINK_SECONDS
        await self._store.links.insert(Link(secret_hash(token), tenant, user, expires_at))
        return token

    async def sign_in(self, token: str) -> Session:
        """Take a one-time link for a session; raises `UnauthenticatedError` when it is used, over or unknown."""
        link = await self._store.links.find(secret_hash(token))
        # Whoever removes it is the one who uses it.
        if link is None or not await self._store.links.remove(link.id):
            raise UnauthenticatedError("this link was used or is not known: ask for a new one")
        if link.expires_at <= self._clock.now():
            raise UnauthenticatedError("this link is over: ask for a new one")
        kept, refresh = self._new_session(link.tenant, link.user)
        caller = await self._caller(link.tenant, link.user, "session", kept.id)
        session = self._session(await self._store.sessions.insert(kept), refresh)
        await self._audit.record(caller, "sign-in", "sessions", kept.id)
        return session

    async def refresh(self, refresh_token: str) -> Session:
        """Return the session with a new access token and a new refresh secret.

        A refresh secret that was replaced before is a stolen one, or its thief's is: the session ends for both.
        """
        session_id, _, secret = refresh_token[:_LONGEST_SECRET].partition(".")
        kept = await self._store.sessions.find(session_id) if _is_hex(session_id) else None
        if kept is None or kept.expires_at <= self._clock.now():
            raise _unauthenticated()
        await self._member(kept.tenant, kept.user)
        if not self._is_current(kept, secret_hash(secret)):
            await self._end(kept)
            error = _unauthenticated()
            error.details.update(tenant=kept.tenant, who=kept.user)  # whose it was, for the log
            raise error
        fresh = self._ids.secret(32)
        now = self._clock.now()
        rotated = replace(
            kept,
            refresh_hash=secret_hash(fresh),
            previous_hash=kept.refresh_hash,
            rotated_at=now,
            expires_at=now + REFRESH_SECONDS,
        )
        try:
            return self._session(await self._store.sessions.save(rotated), fresh)
        except (ConflictError, NotFoundError) as error:
            # Another tab was first: the browser has its cookies by now.
            raise _unauthenticated() from error

    async def sign_out(self, caller: Caller) -> None:
        """End the caller's session; its access token counts no more. A token is not a session and stays."""
        authorize(caller, "delete", "sessions")
        kept = await self._store.sessions.find(caller.id) if caller.kind == "session" else None
        if kept is not None:
            await self._end(kept)
            await self._audit.record(caller, "sign-out", "sessions", kept.id)

    async def end_all(self, tenant: str, user: str) -> None:
        """End every session and token of a user."""
        where = [Where("tenant", "eq", tenant), Where("user", "eq", user)]
        while await self._store.sessions.remove_some(where, limit=500):
            pass
        while await self._store.tokens.remove_some(where, limit=500):
            pass
        self.forget_callers()

    def forget_callers(self) -> None:
        """Look everybody up again."""
        self._callers.clear()
        self._grants.clear()

    async def sweep(self) -> None:
        """Remove what is over."""
        where = [Where("expires_at", "lte", self._clock.now())]
        await self._store.links.remove_some(where, limit=500)
        await self._store.sessions.remove_some(where, limit=500)
        await self._store.tokens.remove_some(where, limit=500)

    async def _identify(self, credential: str) -> _Known:
        if is_token(credential):
            return await self._of_token(credential)
        claims = self._access.verify(credential)
        kept = await self._store.sessions.find(claims.session) if _is_hex(claims.session) else None
        if kept is None or (kept.tenant, kept.user) != (claims.tenant, claims.user):
            raise _unauthenticated()
        caller = await self._caller(claims.tenant, claims.user, "session", kept.id)
        return _Known(
            replace(caller, csrf=self._access.csrf(kept.id)),
            min(claims.expires_at, kept.expires_at),
        )

    async def _of_token(self, text: str) -> _Known:
        where = [Where("secret_hash", "eq", secret_hash(text))]
        found = await self._store.tokens.search(where, limit=1)
        if not found:
            raise _unauthenticated()
        token = found[0]
        caller = await self._caller(token.tenant, token.user, "token", token.id, token.role)
        limited = replace(caller, scopes=frozenset(token.scopes)).within(
            None if token.projects is None else frozenset(token.projects)
        )
        return _Known(limited, float("inf") if token.expires_at is None else token.expires_at)

    async def _caller(
        self, tenant: str, user: str, kind: Kind, credential: str, role: Role = "owner"
    ) -> Caller:
        member = await self._store.members.find(tenant, user)
        if member is None:
            raise _unauthenticated()
        return Caller(
            tenant=tenant,
            user=user,
            # A token never outlives the role of who made it.
            role=lower_role(role, member.role),
            kind=kind,
            projects=None if member.projects is None else frozenset(member.projects),
            name=member.name,
            id=credential,
        )

    async def _member(self, tenant: str, user: str) -> None:
        if await self._store.members.find(tenant, user) is None:
            raise _unauthenticated()

    async def _end(self, kept: KeptSession) -> None:
        await self._store.sessions.remove(kept.id)
        self.forget_callers()

    def _new_session(self, tenant: str, user: str) -> tuple[KeptSession, str]:
        secret = self._ids.secret(32)
        now = self._clock.now()
        kept = KeptSession(
            id=self._ids.secret(16),
            tenant=tenant,
            user=user,
            refresh_hash=secret_hash(secret),
            previous_hash="",
            rotated_at=now,
            expires_at=now + REFRESH_SECONDS,
        )
        return kept, secret

    def _session(self, kept: KeptSession, secret: str) -> Session:
        access, expires_at = self._access.issue(kept.tenant, kept.user, kept.id)
        return Session(
            id=kept.id,
            user=kept.user,
            access=access,
            refresh=f"{kept.id}.{secret}",
            csrf=self._access.csrf(kept.id),
            access_expires_at=expires_at,
            refresh_expires_at=kept.expires_at,
        )

    def _is_current(self, kept: KeptSession, digest: str) -> bool:
        if hmac.compare_digest(kept.refresh_hash, digest):
            return True
        in_grace = self._clock.now() - kept.rotated_at <= _GRACE_SECONDS
        return in_grace and hmac.compare_digest(kept.previous_hash, digest)


def _is_hex(text: str) -> bool:
    return bool(text) and all(character in "0123456789abcdef" for character in text)


def _unauthenticated() -> UnauthenticatedError:
    return UnauthenticatedError("sign in, or send a valid token")
