"""Signing in and out by cookies."""

from __future__ import annotations

from typing import Annotated

from fastapi.responses import Response
from starlette.requests import Request

from alur_common.clock import Clock
from alur_common.security.records import Session
from alur_gateway.adapters.rest.bodies import body_of
from alur_gateway.adapters.rest.people_models import SignIn
from alur_gateway.adapters.rest.routing import (
    CSRF_COOKIE,
    SESSION_COOKIE,
    Route,
    Who,
    check_csrf,
    reply,
)
from alur_gateway.service.use_cases import UseCases
from alur_sdk.errors import UnauthenticatedError

REFRESH_COOKIE = "alur_refresh"
# Webhooks and what they answer are elsewhere: a browser sends no session there.
_SESSION_PATH = "/api"
_REFRESH_PATH = "/api/v1/session:refresh"

SignInArg = Annotated[SignIn, body_of(SignIn)]


class SessionRoutes:
    """Handlers around sessions. The access token lives minutes, the refresh cookie goes to its own path only."""

    def __init__(self, use: UseCases, *, secure: bool) -> None:
        self._registry = use.registry
        self._clock: Clock = use.clock
        self._secure = secure

    def routes(self) -> list[Route]:
        """Return the routes."""
        routes = [
            Route("POST", "/session", self.create_session, None, 204, SignIn),
            Route("POST", "/session:refresh", self.refresh_session, None, 204),
            Route("DELETE", "/session", self.delete_session, None, 204),
        ]
        return [route.tagged("people") for route in routes]

    async def create_session(self, body: SignInArg) -> Response:
        """Take the one-time token of a sign-in link for a session."""
        return self._with_cookies(await self._registry.sign_in(body.token))

    async def refresh_session(self, request: Request) -> Response:
        """Go on with the session of the refresh cookie."""
        refresh = request.cookies.get(REFRESH_COOKIE)
        if not refresh:
            raise UnauthenticatedError("there is no session to go on with: sign in")
        check_csrf(request, request.cookies.get(CSRF_COOKIE, ""))
        return self._with_cookies(await self._registry.refresh(refresh))

    async def delete_session(self, caller: Who) -> Response:
        """Sign out: the session ends everywhere at once."""
        await self._registry.sign_out(caller)
        response = reply(204)
        for name, path in (
            (SESSION_COOKIE, _SESSION_PATH),
            (CSRF_COOKIE, "/"),
            (REFRESH_COOKIE, _REFRESH_PATH),
        ):
            response.delete_cookie(name, path=path, secure=self._secure, samesite="strict")
        return response

    def _with_cookies(self, session: Session) -> Response:
        response = reply(204, headers={"cache-control": "no-store"})
        now = self._clock.now()
        access_seconds = int(session.access_expires_at - now)
        refresh_seconds = int(session.refresh_expires_at - now)
        self._set(response, SESSION_COOKIE, session.access, access_seconds, _SESSION_PATH)
        self._set(response, REFRESH_COOKIE, session.refresh, refresh_seconds, _REFRESH_PATH)
        # Our own page reads this one and repeats it in a header, which no other page can.
        self._set(response, CSRF_COOKIE, session.csrf, refresh_seconds, hidden=False)
        return response

    def _set(
        self,
        response: Response,
        name: str,
        value: str,
        seconds: int,
        path: str = "/",
        *,
        hidden: bool = True,
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=path,
            httponly=hidden,
            secure=self._secure,
            samesite="strict",
        )
