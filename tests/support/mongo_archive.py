"""What MongoDB's own tools do with an archive, which are in no registry: `mongo_archive.py dump|restore URL`.

As with these, only collections that the archive holds are dropped.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from typing import Any

import bson
from pymongo import MongoClient
from pymongo.database import Database

Document = dict[str, Any]


def dumped(database: Database[Document]) -> Iterator[Document]:
    """Yield each collection with its options and indexes, then its documents."""
    for about in database.list_collections():
        name = about["name"]
        indexes = [dict(one) for one in database[name].list_indexes() if one["name"] != "_id_"]
        yield {"collection": name, "options": about.get("options", {}), "indexes": indexes}
        yield from ({"document": document} for document in database[name].find())


def restore(database: Database[Document], entries: Iterator[Document]) -> None:
    """Make the collections anew, and what is in them."""
    name = ""
    for entry in entries:
        if "document" in entry:
            database[name].insert_one(entry["document"])
            continue
        name = entry["collection"]
        database.drop_collection(name)
        database.command("create", name, **entry["options"])
        if entry["indexes"]:
            database.command("createIndexes", name, indexes=entry["indexes"])


def main() -> None:
    """Write an archive to the standard output, or read it from the standard input."""
    what, url = sys.argv[1:]
    with MongoClient[Document](url) as client:
        database = client.get_default_database()
        if what == "dump":
            sys.stdout.buffer.write(gzip.compress(b"".join(map(bson.encode, dumped(database)))))
        else:
            restore(database, iter(bson.decode_all(gzip.decompress(sys.stdin.buffer.read()))))


if __name__ == "__main__":
    main()
