"""Alur by its REST API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import orjson

from alur_common.identity import derived_id
from alur_engine.validation.document_check import without_server_owned
from alur_operator.domain.plan import KUBERNETES, Claim, Live, written
from alur_operator.ports import Object, RunWish
from alur_sdk import errors
from alur_sdk.errors import AlurError, InvalidError, NotFoundError, Problem, UnavailableError

MANAGED = {"Alur-Managed-By": KUBERNETES}
CALL_SECONDS = 10.0
CONNECTIONS = 32
PAGE = 500
CLAIMS = frozenset({"CredentialsFound", "ReferencesFound", "Plausible", "Safe"})
"""What Alur says of every workflow that is active, whoever asks."""
_SERVER_ERROR = 500
_DOCUMENT = ("apiVersion", "kind", "metadata", "spec")
_ERRORS: Mapping[str, type[AlurError]] = {
    "not-found": NotFoundError,
    "unauthenticated": errors.UnauthenticatedError,
    "forbidden": errors.ForbiddenError,
    "exists": errors.ExistsError,
    "conflict": errors.ConflictError,
    "stale": errors.ConflictError,
    "wrong-state": errors.StateError,
    "managed": errors.ManagedError,
    "idempotency-mismatch": errors.MismatchError,
    "too-large": errors.TooLargeError,
}
_INVALID = {"invalid", "malformed", "too-large", "limit-depth", "precondition-required"}


class AlurApi:
    """The public API, spoken to with a service's token, and only while the Lease is held: until then a call waits."""

    def __init__(self, server: str, bearer: Callable[[], str], held: asyncio.Event) -> None:
        self._base = f"{server.rstrip('/')}/api/v1"
        self._bearer = bearer
        self._held = held
        self._tenant = ""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            json_serialize=lambda value: written(value).decode(),
            headers={"user-agent": "alur-operator"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def find_workflow(self, namespace: str, name: str) -> Live | None:
        """Return the workflow as it is now."""
        try:
            answer, etag = await self._call("GET", _workflow(namespace, name))
        except NotFoundError:
            return None
        return _live(answer, etag)

    async def list_workflows(self, namespace: str) -> dict[str, Live]:
        """Return all workflows of a project by name; none where there is no such project."""
        found: dict[str, Live] = {}
        query: dict[str, str] = {"limit": str(PAGE)}
        while True:
            try:
                page, _ = await self._call("GET", f"{_project(namespace)}/workflows", query=query)
            except NotFoundError:
                return found
            found |= {shown["metadata"]["name"]: _live(shown, "") for shown in page["items"]}
            if not page["nextCursor"]:
                return found
            query["cursor"] = page["nextCursor"]

    async def put_workflow(self, namespace: str, name: str, document: Object, etag: str) -> Live:
        """Create it (an empty etag: it must not exist) or replace that revision."""
        condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        path = _workflow(namespace, name)
        answer, saved = await self._call("PUT", path, document, headers=MANAGED | condition)
        return _live(answer, saved)

    async def delete_workflow(self, namespace: str, name: str) -> None:
        """Delete it; raises `NotFoundError` when it is gone already."""
        headers = MANAGED | {"If-Match": "*"}
        await self._call("DELETE", _workflow(namespace, name), headers=headers)

    async def start(self, wish: RunWish, *, wait_seconds: float) -> dict[str, Any]:
        """Start an execution, once for the key; return it, whole when it ended in time."""
        path = f"{_workflow(wish.namespace, wish.workflow)}/executions"
        given = {"input": wish.input, "start": wish.start, "version": wish.version}
        body = {name: value for name, value in given.items() if value is not None}
        headers, query = {"Idempotency-Key": wish.key}, {"wait": str(wait_seconds)}
        answer, _ = await self._call("POST", path, body, headers=headers, query=query)
        if "status" in answer:
            return dict(answer)
        return await self.find_execution(wish.namespace, answer["id"]) or {}

    async def find_execution(self, namespace: str, execution_id: str) -> dict[str, Any] | None:
        """Return the execution."""
        try:
            answer, _ = await self._call("GET", _execution(namespace, execution_id))
        except NotFoundError:
            return None
        return dict(answer)

    async def cancel(self, namespace: str, execution_id: str, reason: str) -> bool:
        """Cancel it, which makes no difference when it has ended; return whether there is one."""
        path = f"{_execution(namespace, execution_id)}:cancel"
        try:
            await self._call("POST", path, {"reason": reason})
        except NotFoundError:
            return False
        except errors.StateError:
            return True
        return True

    async def derived_execution(self, wish: RunWish) -> str | None:
        """Return the id that the start of this wish has or would have; None without the workflow."""
        live = await self.find_workflow(wish.namespace, wish.workflow)
        if live is None:
            return None
        if not self._tenant:
            me, _ = await self._call("GET", "/me")
            self._tenant = str(me["tenant"])
        return derived_id(self._tenant, live.uid, "run", wish.key)

    async def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> tuple[Any, str]:
        """Return what was answered and its ETag, or raise the error that the answer is."""
        await self._held.wait()
        asked = {"authorization": f"Bearer {self._token()}", **(headers or {})}
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self._session.request(
                    method, self._base + path, json=body, headers=asked, params=query
                ) as answer,
            ):
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            said = str(error) or type(error).__name__
            raise UnavailableError(f"{self._base} does not answer: {said}") from error
        if not answer.ok:
            raise _refusal(answer.status, content)
        try:
            shown = orjson.loads(content) if content else None
        except ValueError as error:
            text = f"{self._base} answers, but not as Alur does: see ALUR_SERVER"
            raise UnavailableError(text) from error
        return shown, answer.headers.get("etag", "")

    def _token(self) -> str:
        """Return the token. Without one nobody's workflow is wrong: raises `UnauthenticatedError`."""
        try:
            return self._bearer()
        except InvalidError as error:
            raise errors.UnauthenticatedError(error.message) from error


def _refusal(status: int, content: bytes) -> AlurError:
    """Return the error that a problem document (RFC 9457) is; what is no problem of ours is a server out of reach."""
    try:
        problem = orjson.loads(content)
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or status >= _SERVER_ERROR:
        return UnavailableError(f"the server answered {status}")
    code, detail = str(problem.get("code", "")), str(problem.get("detail") or problem.get("title"))
    if code in _INVALID:
        faults = problem.get("errors") or ()
        return InvalidError(detail, [Problem(f["path"], f["code"], f["message"]) for f in faults])
    return _ERRORS.get(code, UnavailableError)(detail)


def _live(shown: Mapping[str, Any], etag: str) -> Live:
    return Live(
        uid=shown["metadata"]["uid"],
        version=shown["status"]["activeVersion"],
        etag=etag,
        managed_by=shown["metadata"].get("managedBy") or "",
        document=without_server_owned({part: shown[part] for part in _DOCUMENT}),
        last_execution=shown["status"].get("lastExecution"),
        claims=tuple(
            Claim(c["type"], c["status"] == "True", c["reason"], c["message"])
            for c in shown["status"]["conditions"]
            if c["type"] in CLAIMS
        ),
    )


def _project(namespace: str) -> str:
    return f"/projects/{quote(namespace, safe='')}"


def _workflow(namespace: str, name: str) -> str:
    return f"{_project(namespace)}/workflows/{quote(name, safe='')}"


def _execution(namespace: str, execution_id: str) -> str:
    return f"{_project(namespace)}/executions/{quote(execution_id, safe='')}"
