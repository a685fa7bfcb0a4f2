"""The API server as a machine of the cluster speaks to it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx

from tools.servers.cluster import ADMIN_TOKEN, Cluster

Object = dict[str, Any]
AGAIN_SECONDS = 0.2
ABSENT = 404
KINDS = {"PATCH": "application/merge-patch+json"}


class Api:
    """Reads, writes and watches objects."""

    def __init__(self, cluster: Cluster) -> None:
        context = ssl.create_default_context(cafile=str(cluster.authority))
        headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
        self._client = httpx.AsyncClient(
            base_url=cluster.url, headers=headers, verify=context, timeout=30,
            limits=httpx.Limits(max_connections=None),
        )  # fmt: skip

    async def find(self, path: str) -> Object | None:
        """Return an object, or None."""
        answer = await self._ask("GET", path)
        return None if answer.status_code == ABSENT else dict(answer.raise_for_status().json())

    async def post(self, path: str, body: Object) -> Object:
        """Make an object."""
        return dict((await self._ask("POST", path, body)).raise_for_status().json())

    async def patch(self, path: str, body: Object) -> Object | None:
        """Merge this into an object; return None when it is gone."""
        answer = await self._ask("PATCH", path, body)
        return None if answer.status_code == ABSENT else dict(answer.raise_for_status().json())

    async def remove(self, path: str, uid: str) -> None:
        """Remove an object at once, if it is still that one."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
        await self._ask("DELETE", path, body)

    async def _ask(self, method: str, path: str, body: Object | None = None) -> httpx.Response:
        """Ask once. It goes on when whoever waits for it is told to stop, so that no connection is left half used."""
        content = None if body is None else json.dumps(body)
        headers = {"content-type": KINDS.get(method, "application/json")}
        asked = self._client.request(method, path, content=content, headers=headers)
        return await asyncio.shield(asyncio.ensure_future(asked))

    async def follow(self, path: str) -> AsyncIterator[tuple[str, Object]]:
        """Yield ("LISTED", the list) and then each change, again from a list whenever the watch ends."""
        while True:
            try:
                listed = await self.find(path) or {}
                yield "LISTED", listed
                async for change in self._changes(path, listed["metadata"]["resourceVersion"]):
                    if change["type"] == "ERROR":
                        break
                    yield change["type"], change["object"]
            except httpx.HTTPError:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _changes(self, path: str, version: str) -> AsyncIterator[Object]:
        asked = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "300"}
        waits = httpx.Timeout(30, read=None)
        async with self._client.stream("GET", path, params=asked, timeout=waits) as lines:
            lines.raise_for_status()
            async for line in lines.aiter_lines():
                yield json.loads(line)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.aclose()
