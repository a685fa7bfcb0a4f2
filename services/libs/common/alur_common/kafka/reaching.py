"""Brokers that workflows name: the installation's own, or those of a credential, through the outbound guard."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import tempfile
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiokafka import client as aiokafka_client
from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import KafkaError

from alur_common.kafka.settings import KafkaSettings
from alur_common.outbound.guard import REFUSED_HOST, Guard, RefusedError
from alur_sdk.errors import InvalidError, NodeError, UnavailableError
from alur_sdk.nodes import Secret

OWN_PREFIX = "alur."
"""Topics of the installation itself: no workflow reads them or writes to them."""
KIND = "kafka"
_GUARDED_PREFIX = "alur-workflows-"
FETCH_BYTES = 16 * 1024 * 1024
"""What one answer with records may have, as far as single batches are not larger."""
_MOST_RECORDS_BYTES = 2 * FETCH_BYTES
_MOST_OTHER_BYTES = 8 * 1024 * 1024
"""Of any other answer: a cluster of a hundred thousand partitions is told in less."""
_FETCH = 1
"""The key of the call for records (Kafka protocol, API keys)."""
_guards: dict[str, Guard] = {}
_refusals: dict[str, Exception] = {}
"""Client -> why its last connection failed, which aiokafka tells its own log alone."""
_numbers = itertools.count(1)
_connect = aiokafka_client.create_conn


class _RefusedConnectionError(OSError):
    """The guard does not let us connect there; to aiokafka it is one more broker out of reach."""

    def __init__(self, host: str, message: str) -> None:
        super().__init__(message)
        self.host = host


class Reach:
    """How this process reaches brokers; `close` what was opened."""

    def __init__(self, servers: str, guard: Guard) -> None:
        self._servers = servers
        self._guard = guard

    def options(self, secret: Secret | None) -> dict[str, Any]:
        """Return the settings of a client of aiokafka.

        Raises `InvalidError` for a credential that does not fit, or when the installation has no broker.
        """
        if secret is not None:
            return {**_options_of(secret), "client_id": self._guarded_name()}
        if not self._servers:
            raise InvalidError(
                "this installation has no Kafka of its own: name a credential `brokers`, or set ALUR_KAFKA"
            )
        return KafkaSettings.load(self._servers).options()

    def _guarded_name(self) -> str:
        """Return the name of a client whose every connection the guard decides."""
        # aiokafka offers no place for this: it makes all connections by this one function.
        aiokafka_client.create_conn = _connect_guarded
        name = f"{_GUARDED_PREFIX}{next(_numbers)}"
        _guards[name] = self._guard
        return name


def release(options: Mapping[str, Any]) -> None:
    """Forget a client that was closed: whatever of it is still at work connects nowhere."""
    name = str(options.get("client_id"))
    _guards.pop(name, None)
    _refusals.pop(name, None)


def check_topic(topic: str, *, is_own_broker: bool, group: str | None = None) -> None:
    """Raise `InvalidError` for what belongs to the installation itself."""
    if not is_own_broker:
        return
    if topic.startswith(OWN_PREFIX):
        raise InvalidError(f"the topic {topic} is the installation's own: no workflow may use it")
    if group is not None and group.startswith("alur-"):
        raise InvalidError(f"the group {group} is the installation's own: choose another name")


async def _connect_guarded(host: str, port: int, **options: Any) -> AIOKafkaConnection:
    name = str(options.get("client_id"))
    guard = _guards.get(name)
    if guard is None:
        if name.startswith(_GUARDED_PREFIX):
            raise OSError("the client was closed, and connects nowhere any more")
        return await _connect(host, port, **options)
    connection = _GuardedConnection(host, port, guard, **options)
    try:
        await connection.connect()
    except (OSError, KafkaError, TimeoutError) as error:
        cause = error.__cause__
        _refusals[name] = cause if isinstance(cause, _TooLargeError) else error
        raise
    return connection


class _TooLargeError(OSError):
    """A broker announces an answer that no broker gives."""


class _GuardedConnection(AIOKafkaConnection):  # type: ignore[misc]  # aiokafka has no annotations
    """A connection to an address that the guard has checked, whose answers are bounded; the name is asked for once."""

    def __init__(self, host: str, port: int, guard: Guard, **options: Any) -> None:
        super().__init__(host, port, **options)
        self._loop: Any = _GuardedLoop(asyncio.get_running_loop(), guard)
        self._name = str(options.get("client_id"))

    def _create_reader_task(self) -> Any:  # noqa: ANN401  # as aiokafka has it
        # Whoever reads must not hold the connection: aiokafka closes one that nobody holds.
        self._reader: Any = _BoundedReader(self._reader, weakref.ref(self))
        return super()._create_reader_task()

    def check_size(self, size: int) -> None:
        """Raise `_TooLargeError` for the size of an answer that would fill the memory."""
        asked = self._requests[0][1] if self._requests else None
        most = _MOST_RECORDS_BYTES if getattr(asked, "API_KEY", 0) == _FETCH else _MOST_OTHER_BYTES
        if size > most:
            error = _TooLargeError(
                f"the broker announces an answer of {size} bytes: at most {most} are read"
            )
            _refusals[self._name] = error
            raise error


class _BoundedReader:
    """What aiokafka reads from, but for the size of what is read at once."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        connection: weakref.ref[_GuardedConnection],
    ) -> None:
        self._reader = reader
        self._connection = connection

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a reader has
        return getattr(self._reader, name)

    async def readexactly(self, size: int) -> bytes:
        """Read so many bytes; raises `_TooLargeError` before it reads too many."""
        connection = self._connection()
        if connection is not None:
            connection.check_size(size)
        del connection
        return await self._reader.readexactly(size)


class _GuardedLoop:
    """The event loop, but for where it connects to."""

    def __init__(self, loop: Any, guard: Guard) -> None:  # noqa: ANN401  # asyncio's or uvloop's
        self._loop = loop
        self._guard = guard

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the loop has
        return getattr(self._loop, name)

    async def create_connection(
        self,
        make: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        ssl: ssl.SSLContext | None = None,
    ) -> tuple[asyncio.BaseTransport, asyncio.BaseProtocol]:
        """Connect to an address of this host that was checked."""
        try:
            answers = await self._guard.resolve(host, port)
        except RefusedError as error:
            raise _RefusedConnectionError(host, error.message) from error
        except NodeError as error:
            # What aiokafka knows how to take: it goes on to the next broker, or gives up.
            raise OSError(error.message) from error
        answer = answers[0]
        named = {} if ssl is None else {"server_hostname": host}
        made: tuple[asyncio.BaseTransport, asyncio.BaseProtocol]
        made = await self._loop.create_connection(
            make, answer.address, answer.port, family=answer.family, ssl=ssl, **named
        )
        return made


def _options_of(secret: Secret) -> dict[str, Any]:
    if secret.type != KIND:
        raise InvalidError(
            f"a credential of type {secret.type} leads to no broker: it takes {KIND}"
        )
    fields = secret.fields
    is_encrypted = fields.get("tls", "on") != "off"
    signs_in = bool(fields.get("username"))
    protocol = ("SASL_" if signs_in else "") + ("SSL" if is_encrypted else "PLAINTEXT")
    found: dict[str, Any] = {
        "bootstrap_servers": _servers_of(fields["brokers"]),
        "security_protocol": "PLAINTEXT" if protocol == "PLAINTEXT" else protocol,
        "ssl_context": _tls(fields) if is_encrypted else None,
    }
    if signs_in:
        found["sasl_mechanism"] = fields.get("mechanism") or "SCRAM-SHA-512"
        found["sasl_plain_username"] = fields["username"]
        found["sasl_plain_password"] = fields.get("password", "")
    return found


def _servers_of(brokers: str) -> list[str]:
    servers = [part.strip() for part in brokers.split(",")]
    try:
        collect_hosts(servers)
    except ValueError as error:
        raise InvalidError(
            "the `brokers` of the credential are no `host:port,host:port`: correct the credential"
        ) from error
    return servers


def _tls(fields: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=fields.get("ca") or None)
        if fields.get("certificate"):
            # Python loads a certificate of one's own from a file alone.
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(f"{fields['certificate']}\n{fields.get('key', '')}\n")
                file.flush()
                context.load_cert_chain(Path(file.name))
    except (OSError, ValueError) as error:
        raise InvalidError(
            "the certificates of the credential cannot be read: PEM is needed"
        ) from error
    return context


def out_of_reach(options: Mapping[str, Any], error: Exception) -> UnavailableError:
    """Return the error of a broker that does not answer as it should."""
    servers = options["bootstrap_servers"]
    named = ", ".join(servers) if isinstance(servers, list) else str(servers)
    reason = _refusals.get(str(options.get("client_id"))) or error
    refused = {REFUSED_HOST: reason.host} if isinstance(reason, _RefusedConnectionError) else {}
    text = str(reason) or str(error) or type(reason).__name__
    return UnavailableError(f"Kafka at {named}: {text}", **refused)
