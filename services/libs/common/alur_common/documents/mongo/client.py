"""The connection to MongoDB, with the settings that the promises need."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, InvalidURI

from alur_common.documents.mongo.pool import PoolMetrics
from alur_common.telemetry import Metrics
from alur_sdk.errors import InvalidError

Database = AsyncDatabase[dict[str, Any]]
DURABLE: dict[str, Any] = {
    "w": "majority",
    "journal": True,
    "readConcernLevel": "majority",
    "readPreference": "primary",
    "retryWrites": True,
    "retryReads": True,
}
"""What the promises rest on: a URL that says otherwise is overruled."""
USUAL: dict[str, Any] = {
    "appname": "alur",
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "maxConnecting": 4,
    "maxIdleTimeMS": 300_000,
}
"""What the URL may say better."""
DEFAULT_DATABASE = "alur"


@asynccontextmanager
async def connect(
    url: str,
    *,
    connections: int = 32,
    timeout_seconds: float = 8.0,
    metrics: Metrics | None = None,
) -> AsyncIterator[Database]:
    """Yield the database that the URL names (`alur` when it names none); nothing is sent yet.

    `connections` bounds the pool, `timeout_seconds` each call with all its retries. What the URL's query says of
    them wins. Raises `InvalidError` for a URL that is none.
    """
    limits = {"maxPoolSize": connections, "timeoutMS": int(timeout_seconds * 1000)}
    try:
        said = {name.lower() for name, _ in parse_qsl(urlsplit(url).query)}
        counting = [] if metrics is None else [PoolMetrics(metrics)]
        usual = {n: value for n, value in {**USUAL, **limits}.items() if n.lower() not in said}
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            url, event_listeners=counting, **usual, **DURABLE
        )
        database = client.get_default_database(DEFAULT_DATABASE)
    except (ConfigurationError, InvalidURI, ValueError) as error:
        raise InvalidError(f"this is no URL of MongoDB: {error}") from error
    async with client:
        yield database
