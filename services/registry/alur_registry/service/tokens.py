"""API tokens: made, listed, revoked."""

from __future__ import annotations

from collections.abc import Sequence

from alur_common.documents.port import Where
from alur_common.security.records import NewToken, Page, Token
from alur_common.security.rights import RANK, Caller, Role, authorize, check_scopes
from alur_common.security.tokens import secret_hash, token_text
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.entities import KeptToken
from alur_registry.domain.names import check_label, check_title
from alur_registry.service.sessions import Sessions
from alur_registry.service.tools import Tools
from alur_sdk.errors import ForbiddenError, InvalidError, NotFoundError, Problem

MAX_TOKENS = 1_000
"""Of one user: more are a mistake of a script."""


class Tokens:
    """What is done with tokens. None may more than who makes it."""

    def __init__(self, tools: Tools, sessions: Sessions) -> None:
        self._store = tools.store
        self._sessions = sessions
        self._audit = tools.audit
        self._clock = tools.clock
        self._ids = tools.ids

    async def create_token(
        self,
        caller: Caller,
        *,
        name: str,
        role: Role | None = None,
        scopes: Sequence[str] = ("*",),
        projects: Sequence[str] | None = None,
        expires_in_seconds: float | None = None,
    ) -> NewToken:
        """Make a token; its secret is in the answer and nowhere else.

        Raises `ForbiddenError` when it would be able to do what the caller is not, `InvalidError` for unknown scopes.
        """
        authorize(caller, "write", "tokens")
        check_title(name, "name")
        self._check_expiry(expires_in_seconds)
        wanted = frozenset(scopes)
        check_scopes(wanted)
        _check_within(caller, role, wanted)
        await self._check_count(caller)
        secret = token_text(self._ids.secret(32))
        now = self._clock.now()
        token = KeptToken(
            tenant=caller.tenant,
            id=self._ids.secret(8),
            name=name,
            user=caller.user,
            role=role or caller.role,
            scopes=tuple(sorted(wanted)),
            projects=await self._reach(caller, projects),
            created_at=now,
            expires_at=None if expires_in_seconds is None else now + expires_in_seconds,
            secret_hash=secret_hash(secret),
        )
        await self._store.tokens.insert(token)
        await self._audit.record(caller, "create", "tokens", token.id, name=name, role=token.role)
        return NewToken(token.info(), secret)

    async def list_tokens(
        self,
        caller: Caller,
        *,
        everyone: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Token]:
        """Return a page of the caller's own tokens, or of those of the whole tenant, the oldest first."""
        authorize(caller, "manage" if everyone else "read", "tokens")
        where = [Where("tenant", "eq", caller.tenant)]
        if not everyone:
            where.append(Where("user", "eq", caller.user))
        found = await self._store.tokens.search(
            where,
            sort=("created_at",),
            limit=check_limit(limit) + 1,
            after=decode_cursor(cursor, 2),
        )
        infos = [kept.info() for kept in found]
        return page_of(infos, limit, lambda t: [t.created_at, f"{t.tenant}/{t.id}"])

    async def revoke_token(self, caller: Caller, token_id: str) -> None:
        """End a token at once; that of somebody else takes the right to manage tokens.

        By token, one ends it and those that may no more than it does: a leaked one locks nobody out. Raises
        `ForbiddenError` for one that may more; a person who is signed in is not held to this.
        """
        authorize(caller, "delete", "tokens")
        known = None if "/" in token_id else await self._store.tokens.find(caller.tenant, token_id)
        if known is None or not (known.user == caller.user or caller.may("manage", "tokens")):
            raise NotFoundError(f"there is no token {token_id}", token=token_id)
        _check_may_end(caller, known)
        await self._store.tokens.remove(caller.tenant, token_id)
        self._sessions.forget_callers()
        await self._audit.record(caller, "delete", "tokens", token_id, user=known.user)

    async def _reach(
        self, caller: Caller, projects: Sequence[str] | None
    ) -> tuple[str, ...] | None:
        """Return the projects of a token. Raises `NotFoundError` for those that are none, or out of reach."""
        if projects is None:
            return None if caller.projects is None else tuple(sorted(caller.projects))
        for index, name in enumerate(projects):
            check_label(name, f"projects[{index}]")
            if caller.projects is not None and name not in caller.projects:
                raise NotFoundError(f"there is no project {name}", project=name)
            if await self._store.projects.find(caller.tenant, name) is None:
                raise NotFoundError(f"there is no project {name}", project=name)
        return tuple(sorted(set(projects)))

    def _check_expiry(self, seconds: float | None) -> None:
        if seconds is not None and not 1 <= seconds <= 10 * 366 * 86_400:
            text = "must be between a second and ten years"
            raise InvalidError(
                f"expiresInSeconds {text}", [Problem("expiresInSeconds", "out-of-range", text)]
            )

    async def _check_count(self, caller: Caller) -> None:
        where = [Where("tenant", "eq", caller.tenant), Where("user", "eq", caller.user)]
        if len(await self._store.tokens.search(where, limit=MAX_TOKENS)) >= MAX_TOKENS:
            raise ForbiddenError(f"{MAX_TOKENS} tokens are enough: revoke some first")


def _check_within(caller: Caller, role: str | None, scopes: frozenset[str]) -> None:
    if role is not None and role not in RANK:
        text = f"must be one of {', '.join(RANK)}"
        raise InvalidError(f"role {text}", [Problem("role", "unknown", text)])
    if role is not None and RANK[role] > RANK[caller.role]:
        raise ForbiddenError(f"{caller.role} may not make a token with the role {role}")
    beyond = [scope for scope in sorted(scopes) if not _covers(caller.scopes, scope)]
    if beyond:
        raise ForbiddenError(f"a token may not give what it does not have: {', '.join(beyond)}")


def _check_may_end(caller: Caller, token: KeptToken) -> None:
    if caller.kind != "token" or caller.id == token.id:
        return
    reach = caller.projects
    is_within = (
        RANK[token.role] <= RANK[caller.role]
        and all(_covers(caller.scopes, scope) for scope in token.scopes)
        and (reach is None or (token.projects is not None and reach.issuperset(token.projects)))
    )
    if not is_within:
        raise ForbiddenError(
            f"the token {token.name} ({token.role}) may more than the one you came by "
            f"({caller.role}): end it by one that may as much, or signed in",
            token=token.id,
        )


def _covers(scopes: frozenset[str], wanted: str) -> bool:
    resource, _, action = wanted.partition(":")
    return "*" in scopes or wanted in scopes or f"{resource}:*" in scopes or f"*:{action}" in scopes
