"""The pool of connections, on aiohttp; imported when the first request is sent."""

from __future__ import annotations

import socket
import ssl
from functools import lru_cache

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from alur_common.outbound import Guard, Target
from alur_executor.adapters.http_bodies import ACCEPTED
from alur_sdk.errors import AlurError, Permanent, Retryable
from alur_sdk.nodes import HttpRequest

CONNECTIONS = 2_048
# Below the 5 s after which common servers close a connection that rests.
KEPT_SECONDS = 4.0
_HEADERS = {"User-Agent": "Alur", "Accept": "*/*", "Accept-Encoding": ACCEPTED}
# The request as a whole has its own limit of time.
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15.0)


class _GuardedResolver(AbstractResolver):
    """Lets connections go only to answers that the guard has checked."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answers = await self._guard.resolve(host, port)
        return [
            ResolveResult(
                hostname=host,
                host=answer.address,
                port=answer.port,
                family=answer.family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for answer in answers
            if family in (socket.AF_UNSPEC, answer.family)
        ]

    async def close(self) -> None:
        """Hold nothing, so close nothing."""


class Pool:
    """One session with no cookies, no proxies from the environment and no redirects of its own."""

    errors = (aiohttp.ClientError, OSError, ValueError)
    dropped = (aiohttp.ServerDisconnectedError,)

    def __init__(self, guard: Guard) -> None:
        def guarded_socket(found: aiohttp.AddrInfoType) -> socket.socket:
            family, kind, protocol, _, address = found
            guard.check_socket(address)
            return socket.socket(family, kind, protocol)

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=_GuardedResolver(guard),
                use_dns_cache=False,  # else who comes second is not told where a name leads
                socket_factory=guarded_socket,
                limit=CONNECTIONS,
                keepalive_timeout=KEPT_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            skip_auto_headers={"Content-Type"},
            timeout=_NO_TIMEOUT,
            auto_decompress=False,
            trust_env=False,
        )

    async def request(self, request: HttpRequest, target: Target) -> aiohttp.ClientResponse:
        """Send a request to a target that the guard has checked; to be used in `async with`."""
        return await self._session.request(
            request.method,
            URL(target.url, encoded=True),
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            ssl=_tls(bool(request.tls.get("verify", True)), request.tls.get("ca")),
        )

    def translated(self, error: Exception, target: Target) -> AlurError:
        """Return what a failure means: whether trying again may help."""
        if isinstance(error, AlurError):
            return error
        if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
            return Permanent(
                f"no trusted connection to {target.host}: {error}",
                host=target.host,
                code="untrusted",
            )
        if isinstance(error, aiohttp.InvalidURL | ValueError):
            return Permanent(
                f"the request cannot be sent: {error}", host=target.host, code="bad-parameter"
            )
        reason = str(error) or type(error).__name__
        return Retryable(
            f"no answer from {target.host}: {reason}", host=target.host, code="unreachable"
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


@lru_cache(maxsize=64)
def _tls(verify: bool, ca: str | None) -> ssl.SSLContext | bool:  # a key of the cache
    """Return how to check certificates; kept, since connections are shared by this object."""
    if verify and ca is None:
        return True
    try:
        context = ssl.create_default_context(cadata=ca)
    except ssl.SSLError as error:
        raise Permanent(f"`ca` holds no certificates: {error}", code="bad-parameter") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
