"""The API of the cluster, for what kopf has no call: statuses by our own field manager, keys, the Lease."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, cast

import aiohttp
import kopf

from alur_operator.domain.names import FINALIZER, GROUP, MANAGER, VERSION, WEBHOOK
from alur_sdk.errors import (
    AlurError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StateError,
    UnauthenticatedError,
    UnavailableError,
)

CALL_SECONDS = 10.0
_MERGE = {"content-type": "application/merge-patch+json"}
_STEPS = {"content-type": "application/json-patch+json"}
_STRATEGIC = {"content-type": "application/strategic-merge-patch+json"}
_ERRORS: Mapping[int, type[AlurError]] = {
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
}


def connection() -> kopf.ConnectionInfo:
    """Return how the cluster is reached, as a Pod's service account or a kubeconfig says. Raises `StateError`."""
    settings = kopf.OperatorSettings()
    found = kopf.login_with_kubeconfig(settings=settings) or kopf.login_with_service_account(
        settings=settings
    )
    if found is None:
        raise StateError("no cluster: run in a Pod with a service account, or set KUBECONFIG")
    return found


def session(
    info: kopf.ConnectionInfo, *traces: aiohttp.TraceConfig, connections: int = 0
) -> aiohttp.ClientSession:
    """Return a session whose writes the API server knows as ours: it names the manager of a field by the agent.

    It has at most so many connections, 0: any number; each watch keeps one.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=info.as_ssl_context(), limit=connections),
        headers={**info.as_http_headers(), "user-agent": f"{MANAGER}/1"},
        trace_configs=list(traces),
    )


class ClusterApi:
    """A few calls. A token that was renewed is read again when the old one is refused."""

    def __init__(self) -> None:
        self._info = connection()
        self._session = session(self._info)

    @property
    def namespace(self) -> str:
        """The namespace that we are in."""
        return self._info.default_namespace or "default"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def hold(self, plural: str, body: Mapping[str, Any]) -> None:
        """Put our finalizer on an object that has not got it. Raises `ConflictError` when it changed or went meanwhile."""
        metadata = body["metadata"]
        known = list(metadata.get("finalizers") or ())
        if FINALIZER in known:
            return
        place = f"namespaces/{metadata['namespace']}/{plural}/{metadata['name']}"
        # A patch that names a revision is refused at any other.
        held = {"resourceVersion": metadata["resourceVersion"], "finalizers": [*known, FINALIZER]}
        path = f"/apis/{GROUP}/{VERSION}/{place}"
        await self.call("PATCH", path, {"metadata": held}, headers=_MERGE)

    async def patch_status(
        self, plural: str, namespace: str, name: str, status: Mapping[str, Any]
    ) -> None:
        """Merge into the status; nothing happens when the object is gone."""
        path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{plural}/{name}/status"
        try:
            await self.call("PATCH", path, {"status": status}, headers=_MERGE)
        except NotFoundError:
            return

    async def set_output(self, namespace: str, name: str, output: list[Any]) -> None:
        """Put a run's output into its status as it is (RFC 6902); nothing happens when the object is gone."""
        path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/workflowruns/{name}/status"
        step = {"op": "add", "path": "/status/output", "value": output}
        try:
            await self.call("PATCH", path, [step], headers=_STEPS)
        except NotFoundError:
            return

    async def find_object(self, plural: str, namespace: str, name: str) -> dict[str, Any] | None:
        """Return an object of ours as it is now, not as a watch told of it last."""
        try:
            return await self.call(
                "GET", f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{plural}/{name}"
            )
        except NotFoundError:
            return None

    async def may_list(self, namespace: str) -> bool:
        """Return whether our objects in a namespace may be listed."""
        base = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}"
        try:
            for plural in ("workflows", "workflowruns"):
                await self.call("GET", f"{base}/{plural}?limit=1")
        except ForbiddenError:
            return False
        return True

    async def read_key(self, plural: str, namespace: str, name: str, key: str) -> str:
        """Return one key of a ConfigMap or Secret. Raises `NotFoundError`, `ForbiddenError`, and `InvalidError` for what is no text."""
        found = await self.call("GET", f"/api/v1/namespaces/{namespace}/{plural}/{name}")
        value = (found.get("data") or {}).get(key)
        if key in (found.get("binaryData") or {}):
            raise InvalidError(f"{plural}/{name}: {key} is no text in UTF-8")
        if value is None:
            raise NotFoundError(f"{plural}/{name} has no key {key}")
        return _text(value, f"{plural}/{name}: {key}") if plural == "secrets" else str(value)

    async def delete_run(self, namespace: str, name: str, uid: str) -> None:
        """Delete a WorkflowRun if it is still that one."""
        path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/workflowruns/{name}"
        try:
            await self.call("DELETE", path, {"preconditions": {"uid": uid}})
        except (NotFoundError, ConflictError):
            return

    async def trust(self, configuration: str, authority: bytes) -> None:
        """Have the API server trust these certificates (PEM) of our admission webhook. Raises `NotFoundError` without one."""
        client = {"caBundle": base64.b64encode(authority).decode()}
        body = {"webhooks": [{"name": WEBHOOK, "clientConfig": client}]}
        path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        await self.call("PATCH", f"{path}/{configuration}", body, headers=_STRATEGIC)

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send one request and return what was answered. Raises the `AlurError` that its status means."""
        try:
            return await self._send(method, path, body, headers)
        except UnauthenticatedError:
            old, self._info = self._session, connection()
            self._session = session(self._info)
            await old.close()
            return await self._send(method, path, body, headers)

    async def _send(
        self, method: str, path: str, body: object, headers: Mapping[str, str] | None
    ) -> dict[str, Any]:
        url = self._info.server + path
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self._session.request(method, url, json=body, headers=headers) as answer,
            ):
                said = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            said = (
                f"nothing within {CALL_SECONDS:g} s" if isinstance(error, TimeoutError) else error
            )
            raise UnavailableError(f"the API server does not answer: {said}") from error
        if answer.ok:
            return cast(dict[str, Any], said)
        message = said.get("message") if isinstance(said, dict) else None
        text = str(message or f"the API server answered {answer.status}")
        raise _ERRORS.get(answer.status, UnavailableError)(text)


def _text(encoded: str, place: str) -> str:
    try:
        return base64.b64decode(encoded).decode()
    except UnicodeDecodeError as error:
        raise InvalidError(f"{place} is no text in UTF-8") from error
