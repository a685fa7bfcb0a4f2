"""`/hooks/{id}/{path}`: webhooks by plain ASGI, so that a request costs little."""

from __future__ import annotations

from alur_gateway.adapters.asgi import Receive, Scope, read_whole
from alur_gateway.domain.answers import Answer
from alur_gateway.service.webhooks import Call, UnknownHookError, Webhooks
from alur_sdk.errors import NotFoundError

PREFIX = "/hooks/"
_PREFIX_LENGTH = len(PREFIX)
_ID_LENGTH = 32


class HookApp:
    """Answers webhook calls; raises `AlurError` for what is refused."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """Return the answer to one request."""
        path: str = scope["path"]
        hook_id, _, rest = path[_PREFIX_LENGTH:].partition("/")
        if len(hook_id) != _ID_LENGTH:
            raise NotFoundError("no webhook has this address")
        method: str = scope["method"]
        try:
            found = self._webhooks.find(hook_id, method, rest)
        except UnknownHookError:
            found = await self._webhooks.look_up(hook_id, method, rest)
        pairs: list[tuple[bytes, bytes]] = scope["headers"]
        headers = dict(pairs)
        body = await read_whole(receive, headers, found.hook.max_body)
        call = Call(method, rest, scope["query_string"], headers, pairs, body, path)
        return await self._webhooks.call(found, call)
