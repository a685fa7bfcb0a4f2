"""Print the reference of what is stored: every collection, its indexes, its shard key and when it goes."""

from __future__ import annotations

import sys

from alur_common.documents.port import Collection
from alur_common.executions import COLLECTIONS as OF_THE_ENGINE
from alur_registry.adapters.stored import COLLECTIONS as OF_THE_REGISTRY
from alur_scheduler.domain.collections import COLLECTIONS as OF_THE_SCHEDULER

COLLECTIONS = (*OF_THE_ENGINE, *OF_THE_SCHEDULER, *OF_THE_REGISTRY)
_INTRODUCTION = """\
# What is stored

Documents are kept in SQLite on one machine, and in MongoDB (6 or later, a replica set) for many processes. These are
the collections and what is declared for them. Every document also has `id` (MongoDB: `_id`), `revision`, which each
write raises by one and compares, and `updatedAt`.

In MongoDB a document holds its declared fields as they are, and the whole of it as JSON text in `_json`. Beside them
stand `_schema` (under which declaration of its collection it was written), `_writes` (which write made each of the last
eight revisions, so that a writer whose answer was lost knows its own) and, where a collection has a time to go,
`_expires`. A validator refuses other shapes. The collection `schema` holds the version of the database, the declarations
that each collection has had, and the lock under which processes change it; `races` is used at each start to prove that
the server is atomic. By the index `schema` a process finds, as it starts and every five minutes, what one of an older
version has written without the fields of now, and fills them.

Every write waits for the majority and its journal. No multi-document transaction and no change stream is used.

## Collections

An index marked *unique* ignores documents in which one of its fields is null; one marked *sparse* holds only documents
whose first field is not null. *Newest first* is the order of ties. *Goes* names a field with seconds since 1970, 60
seconds after which MongoDB may remove the document by itself; the services compare the time and do not wait for that.

| collection | holds | written by | indexes | shard key | goes |
|---|---|---|---|---|---|
"""
_SHARDS = """
## Sharding

One replica set is enough for most. On a sharded cluster, shard by the keys above before the first start:

```javascript
sh.shardCollection("alur.executions", { _id: "hashed" })
```

Almost all reads and writes name the id, so a hashed `_id` sends each to one shard and spreads ids that are ordered by
time; it also keeps `_id` unique over all shards. The journal of one execution is spread as well: its appends go to one
shard each, and only a recovery or a person who looks asks all of them. A collection with a unique index on other
fields cannot be spread by `_id` and stays on one shard: workflows and tokens are few.
"""


def row(collection: Collection) -> str:
    """Return the line of one collection."""
    indexes = "<br>".join(
        f"`{', '.join(index.fields)}`"
        + (" unique" if index.unique else "")
        + (" sparse" if index.sparse else "")
        + (" newest first" if index.newest_first else "")
        for index in collection.indexes
    )
    key = ", ".join(f"`{'_id' if f == 'id' else f}` hashed" for f in collection.shard_key)
    goes = f"`{collection.ttl}`" if collection.ttl else ""
    cells = (
        f"`{collection.name}`",
        collection.holds,
        collection.owner,
        indexes,
        key or "none: one shard",
        goes,
    )
    return f"| {' | '.join(cells)} |"


def page() -> str:
    """Return the whole page."""
    lines = "\n".join(map(row, COLLECTIONS))
    return f"{_INTRODUCTION}{lines}\n{_SHARDS}"


if __name__ == "__main__":
    sys.stdout.write(page())
