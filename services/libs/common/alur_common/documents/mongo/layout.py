"""How a document is stored, and which indexes and rules its collection has.

A stored document holds the declared fields as they are, so that MongoDB can filter and sort by them, and the whole
of it as JSON text: what users send may nest deeper, and name its members more freely, than BSON allows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from pymongo.asynchronous.collection import AsyncCollection

from alur_common.documents.encoding import encode, field_values, key_of
from alur_common.documents.matching import KEPT_FIELDS
from alur_common.documents.mongo.client import Database
from alur_common.documents.mongo.query import kept_value, name_of
from alur_common.documents.port import Collection, Document, Index
from alur_sdk.errors import TooLargeError

Stored = dict[str, Any]
Rows = AsyncCollection[Stored]

JSON = "_json"
SCHEMA = "_schema"
EXPIRES = "_expires"
WRITES = "_writes"
"""Which write made each of the last `RING` revisions, so that a writer knows its own when an answer was lost, or when
a group's answer tells only how many of its writes took effect."""
RING = 8
_CONTENT = frozenset({"revision", "updatedAt", JSON})
READ = {JSON: 1, "revision": 1}
LOOK = {WRITES: 1, "revision": 1}

TTL_GRACE_SECONDS = 60
"""How long after its time a document stays at least: clocks differ, and whoever cares looks at the time itself."""
_MOST_BYTES = 16 * 1024 * 1024 - 64 * 1024
_LAST_SECOND = 253_402_300_799
_SCALAR = {"bsonType": ["string", "int", "long", "double"]}
_RULES = {
    "_id": {"bsonType": "string"},
    "revision": {"bsonType": ["int", "long"], "minimum": 1},
    "updatedAt": {"bsonType": "string"},
    JSON: {"bsonType": "string"},
    SCHEMA: {"bsonType": ["int", "long"]},
    WRITES: {"bsonType": "object"},
    EXPIRES: {"bsonType": "date"},
}


class Content:
    """A document as it will be, and as it is stored at `revision` by the write `token`."""

    __slots__ = ("absent", "document", "key", "revision", "size", "stored", "token")

    def __init__(self, layout: Layout, document: Mapping[str, Any], revision: int, at: str) -> None:
        self.key = key_of(document)
        self.revision = revision
        self.token = secrets.randbits(62)
        self.document: Document = {**document, "revision": revision, "updatedAt": at}
        encoded = encode(self.document)
        values = field_values(layout.fields, self.document)
        self.size = len(encoded) + _weight(values)
        if self.size > _MOST_BYTES:
            raise TooLargeError("the document and its fields are larger than MongoDB keeps")
        self.absent: list[str] = []
        self.stored: Stored = {
            "revision": revision,
            "updatedAt": at,
            SCHEMA: layout.schema,
            JSON: encoded.decode(),
        }
        for name, value in zip(layout.fields, values, strict=True):
            if value is None:
                self.absent.append(name)
            else:
                self.stored[name] = kept_value(value)
        layout.add_expiry(self)

    @property
    def slot(self) -> str:
        """Where the token of this revision stands in `WRITES`."""
        return str(self.revision % RING)

    def as_new(self) -> Stored:
        """Return what is inserted."""
        return {"_id": self.key, **self.stored, WRITES: {self.slot: self.token}}

    def as_change(self) -> dict[str, Any]:
        """Return the update that makes the stored document this one."""
        change: dict[str, Any] = {"$set": {**self.stored, f"{WRITES}.{self.slot}": self.token}}
        if self.absent:
            change["$unset"] = dict.fromkeys(self.absent, "")
        return change

    def as_fill(self) -> dict[str, Any]:
        """Return the update that gives a document of this very content its fields, and changes nothing that anybody reads."""
        fields = {name: value for name, value in self.stored.items() if name not in _CONTENT}
        return {
            "$set": fields,
            **({"$unset": dict.fromkeys(self.absent, "")} if self.absent else {}),
        }


class Layout:
    """One collection in the database. `schema` is written into each document: under which declaration (see `declared`)."""

    def __init__(self, database: Database, collection: Collection) -> None:
        self.collection = collection
        self.name = collection.name
        self.schema = 0
        self.rows: Rows = database[collection.name]
        self.fields = tuple(f for f in collection.fields if f not in KEPT_FIELDS)
        self.filled = self.fields if collection.ttl is None else (*self.fields, collection.ttl)
        """The fields of a document that something beside its JSON is made of."""

    def add_expiry(self, content: Content) -> None:
        """Note when a document may go, where its collection says so."""
        ttl = self.collection.ttl
        if ttl is None:
            return
        at = content.document.get(ttl)
        if isinstance(at, int | float) and 0 <= at <= _LAST_SECOND:
            content.stored[EXPIRES] = datetime.fromtimestamp(at, UTC)
        else:
            content.absent.append(EXPIRES)

    def validator(self) -> dict[str, Any]:
        """Return the JSON Schema of what is stored: our own fields, and scalars in the declared ones."""
        properties = {**dict.fromkeys(self.fields, _SCALAR), **_RULES}
        required = ["_id", "revision", "updatedAt", JSON]
        schema = {"bsonType": "object", "required": required, "properties": properties}
        return {"$jsonSchema": schema}

    def indexes(self) -> dict[str, dict[str, Any]]:
        """Return the arguments of `create_index` by name; a name tells all of its index, so a changed one has another."""
        made = {index_name(index): index_options(index) for index in self.collection.indexes}
        if self.collection.ttl is not None:
            made["ttl"] = {"keys": [(EXPIRES, 1)], "expireAfterSeconds": TTL_GRACE_SECONDS}
        if self.filled:
            made["schema"] = {"keys": [(SCHEMA, 1)]}
        return made


def index_name(index: Index) -> str:
    """Return the name of an index of ours."""
    kind = ("u" if index.unique else "i") + ("s" if index.sparse else "")
    return f"{kind}{'n' if index.newest_first else ''}_{'__'.join(index.fields)}"


def index_options(index: Index) -> dict[str, Any]:
    """Return the arguments of `create_index`. The id at the end makes the order of a sort's ties that of the index."""
    keys = [(name_of(field), 1) for field in index.fields]
    options: dict[str, Any] = {"keys": keys}
    if index.unique:
        options["unique"] = True
    elif "id" not in index.fields:
        keys.append(("_id", -1 if index.newest_first else 1))
    held = index.fields if index.unique else index.fields[:1] if index.sparse else ()
    if held:
        options["partialFilterExpression"] = {name_of(field): {"$exists": True} for field in held}
    return options


def document_of(stored: Stored) -> Document:
    """Return the document that is stored."""
    document: Document = orjson.loads(stored[JSON])
    document["revision"] = stored["revision"]
    return document


def was_made_by(content: Content, stored: Stored | None) -> bool | None:
    """Whether this write took effect; None when so many came after it that nobody can tell."""
    if stored is None or stored["revision"] < content.revision:
        return False
    if stored["revision"] - content.revision >= RING:
        return None
    return bool(stored.get(WRITES, {}).get(content.slot) == content.token)


def _weight(values: tuple[Any, ...]) -> int:
    return sum(len(value.encode()) if isinstance(value, str) else 8 for value in values)
