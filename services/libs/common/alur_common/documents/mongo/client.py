"""The connection to MongoDB, with the settings that the promises need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidURI,
    PyMongoError,
)
from pymongo.uri_parser import parse_uri

from alur_sdk.errors import InvalidError, StorageError, UnavailableError

Database = AsyncDatabase[dict[str, Any]]
OPTIONS: dict[str, Any] = {
    "appname": "alur",
    "w": "majority",
    "journal": True,
    "readConcernLevel": "majority",
    "readPreference": "primary",
    "retryWrites": True,
    "retryReads": True,
    "timeoutMS": 10_000,
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "maxPoolSize": 50,
    "maxConnecting": 4,
    "tz_aware": True,
}
"""What the URL says wins, but for `SETTLED`: durability is not open to choice."""
SETTLED = ("w", "journal", "readConcernLevel")
DEFAULT_DATABASE = "alur"


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Database]:
    """Yield the database that the URL names (`alur` when it names none). Raises `InvalidError` for a URL that is none."""
    try:
        said = parse_uri(url)["options"]
        options = {name: v for name, v in OPTIONS.items() if name not in said or name in SETTLED}
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, **options)
        database = client.get_default_database(DEFAULT_DATABASE)
    except (ConfigurationError, InvalidURI) as error:
        raise InvalidError(f"ALUR_MONGO is no URL of MongoDB: {error}") from error
    async with client:
        yield database


@contextmanager
def translated() -> Iterator[None]:
    """Raise what MongoDB's driver raises as errors of ours: out of reach, or refused."""
    try:
        yield
    except (ConnectionFailure, ExecutionTimeout) as error:
        raise UnavailableError(f"MongoDB is out of reach: {error}") from error
    except PyMongoError as error:
        if error.timeout:
            raise UnavailableError(f"MongoDB does not answer in time: {error}") from error
        code = getattr(error, "code", None)
        raise StorageError(f"MongoDB refused it ({code}): {error}") from error
