"""What the store says of executions, read beside Alur: who owns them, and every transition that took effect."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database


class Ledger:
    """The collections of a platform."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._executions = database["executions"]
        self._journal = database["journal"]

    def running(self) -> dict[str, tuple[str, int]]:
        """Return the executions that run: id -> their owner's name and epoch."""
        return self._owners({"active": "running"})

    def _owners(self, wanted: dict[str, Any]) -> dict[str, tuple[str, int]]:
        documents = (json.loads(stored["_json"]) for stored in self._executions.find(wanted))
        return {d["id"]: (d.get("owner") or "", d["epoch"]) for d in documents if "epoch" in d}

    def count_active(self) -> int:
        """Return how many executions have not ended."""
        return self._executions.count_documents({"active": {"$exists": True}})

    def owned_by(self, worker: str) -> dict[str, int]:
        """Return what the processes called `worker` own: id -> epoch."""
        running = self.running().items()
        return {i: epoch for i, (owner, epoch) in running if owner.rpartition("-")[0] == worker}

    def demand_one_move_each(self, ids: Collection[str], nodes: Collection[str]) -> None:
        """Demand of executions that ended well: each node ended once, numbers are dense, and no owner wrote after a later one."""
        for execution in ids:
            batches = list(self._batches(execution))
            numbers = [number for number, _, _ in batches]
            assert numbers == list(range(1, len(numbers) + 1)), f"{execution}: {numbers}"
            epochs = [epoch for _, epoch, _ in batches]
            assert epochs == sorted(epochs), f"{execution}: a stale owner wrote: {epochs}"
            stored = self._executions.find_one({"_id": execution})
            assert stored is not None, f"{execution} is gone"
            last = json.loads(stored["_json"]).get("entries") or []
            entries = [*itertools.chain.from_iterable(e for _, _, e in batches), *last]
            ends = Counter(entry[1] for entry in entries if entry[0] == "finished")
            assert ends == dict.fromkeys(nodes, 1), f"{execution}: nodes ended {ends}"

    def _batches(self, execution: str) -> Iterator[tuple[int, int, list[Any]]]:
        within = {"$gt": f"{execution}/", "$lt": f"{execution}0"}
        for stored in self._journal.find({"_id": within}).sort("_id", 1):
            document = json.loads(stored["_json"])
            number = int(document["id"].rpartition("/")[2])
            yield number, document["epoch"], document["entries"]


@contextmanager
def ledger(mongo: str) -> Iterator[Ledger]:
    """Read for the length of the block."""
    with MongoClient[dict[str, Any]](mongo) as client:
        yield Ledger(client.get_default_database())
