"""Node runs of an execution, read from its journal by the engine."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from alur_common.blobs import Blobs
from alur_common.executions import Execution, Journals
from alur_common.executions.content import input_of, read_entries
from alur_engine import history
from alur_engine.catalogue import Catalogue
from alur_engine.document import Spec
from alur_engine.graph import Graph, build_graph
from alur_engine.planning import mark_doubts
from alur_engine.state import State
from alur_gateway.domain.awaited import doubts_of, waits_of
from alur_gateway.domain.pages import decode_cursor, encode_cursor
from alur_gateway.domain.shown import Overview
from alur_gateway.ports import Definitions
from alur_sdk.errors import AlurError, NotFoundError, UnavailableError

KEPT_GRAPHS = 200


class JournalHistory:
    """`History` from journals; graphs are kept by version, as a version never changes."""

    def __init__(
        self, journals: Journals, blobs: Blobs, definitions: Definitions, catalogue: Catalogue
    ) -> None:
        self._journals = journals
        self._blobs = blobs
        self._definitions = definitions
        self._catalogue = catalogue
        self._graphs: OrderedDict[tuple[str, int], Graph] = OrderedDict()

    async def overview(self, execution: Execution) -> Overview:
        """Return a row for each node, and what it rests for; none for one that could not even begin."""
        state = await self._begun(execution)
        if state is None:
            return Overview([])
        nodes = history.summary(state, has_ended=execution.has_ended)
        if execution.has_ended:
            return Overview(nodes)
        return Overview(nodes, waits_of(state), doubts_of(state))

    async def node(
        self, execution: Execution, name: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        """Return a page of a node's runs with their items."""
        state = await self._state(execution)
        if name not in state.graph.by_name:
            raise NotFoundError(f"the workflow has no node named {name!r}", node=name)
        number, start = decode_cursor(cursor, ((int,), (int,))) if cursor else (0, 0)
        runs, following = history.node_detail(
            state, name, at=(max(number, 0), max(start, 0)), limit=limit
        )
        next_cursor = None if following is None else encode_cursor(list(following))
        return {"name": name, "runs": runs, "nextCursor": next_cursor}

    async def logs(self, execution: Execution, node: str | None) -> list[dict[str, Any]]:
        """Return what its node runs said, or those of one node; nothing of one that could not even begin."""
        state = await self._begun(execution)
        if state is None:
            return []
        if node is not None and node not in state.graph.by_name:
            raise NotFoundError(f"the workflow has no node named {node!r}", node=node)
        return history.logs_of(state, node)

    async def files(self, execution: Execution) -> list[dict[str, Any]]:
        """Return the files that its node runs emitted; none of one that could not even begin."""
        state = await self._begun(execution)
        return [] if state is None else history.files_of(state)

    async def _begun(self, execution: Execution) -> State | None:
        """Return the state, None of a failed one that could not even begin. An outage is raised: it says nothing of it."""
        try:
            return await self._state(execution)
        except UnavailableError:
            raise
        except AlurError:
            if execution.status == "failed":
                return None
            raise

    async def _state(self, execution: Execution) -> State:
        graph = await self._graph(execution)
        batches = await self._journals.read(execution.id) if execution.epoch else []
        entries = await read_entries(batches, execution.entries, self._blobs)
        items = await input_of(execution, self._blobs)
        state = history.rebuild(
            graph, items, entries, trigger=execution.trigger, start=execution.start
        )
        if execution.status == "in-doubt":
            mark_doubts(state)
        return state

    async def _graph(self, execution: Execution) -> Graph:
        key = (execution.workflow_uid, execution.version)
        found = self._graphs.get(key)
        if found is None:
            version = await self._definitions.version(*key)
            spec = Spec.model_validate(version.document["spec"])
            found = self._graphs[key] = build_graph(spec, self._catalogue)
            if len(self._graphs) > KEPT_GRAPHS:
                self._graphs.popitem(last=False)
        return found
