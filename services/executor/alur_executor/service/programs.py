"""Programs kept by version: compiled once, shared by all executions."""

from __future__ import annotations

from collections import OrderedDict

from alur_common.definitions import VersionRecord
from alur_common.pools import EVERY, Pools
from alur_engine.catalogue import Catalogue
from alur_engine.expressions import Evaluator
from alur_executor.domain.programs import FindClass, Program, compile_program


class Programs:
    """The least used ones are forgotten first; a version never changes, so none goes stale."""

    def __init__(
        self,
        catalogue: Catalogue,
        find_class: FindClass,
        evaluator: Evaluator,
        pools: Pools = EVERY,
        kept: int = 500,
    ) -> None:
        self._pools = pools
        self._catalogue = catalogue
        self._find_class = find_class
        self._evaluator = evaluator
        self._kept = kept
        self._programs: OrderedDict[tuple[str, int], Program] = OrderedDict()

    def of(self, version: VersionRecord) -> Program:
        """Return the program of a version; raises `NotFoundError` when a node type is not installed."""
        key = (version.uid, version.version)
        found = self._programs.get(key)
        if found is not None:
            self._programs.move_to_end(key)
            return found
        made = self._made(version)
        self._programs[key] = made
        if len(self._programs) > self._kept:
            self._programs.popitem(last=False)
        return made

    def empty(self, version: VersionRecord) -> Program:
        """Return a program without nodes, for an execution that cannot begin."""
        return self._made(version)

    def _made(self, version: VersionRecord) -> Program:
        return compile_program(
            version, self._catalogue, self._find_class, self._evaluator, self._pools
        )
