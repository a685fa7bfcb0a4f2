"""Item pairing: which item of an earlier node an item was made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alur_engine.graph import LOOP_PORT
from alur_engine.state import Run, Segment
from alur_sdk.items import Item

MAX_VISITS = 10_000
"""How many items a search may look at: an item made from thousands is not followed to all their ends."""


def find_ancestor(run: Run, index: int, name: str) -> Item | None:
    """Return the item of node `name` from which input item `index` of this run was made, or None.

    `index` counts all input items in the order of ports and edges. Of several ancestors the first is returned.
    """
    # Of an item's sources only those are gone through that are looked at: it may have thousands.
    queue = [_place(run.segments(), index)]
    for _ in range(MAX_VISITS):
        place = _next(queue)
        if place is None:
            return None
        segment, offset = place
        items = segment.run.outputs.get(segment.port, ())
        if offset >= len(items):
            continue
        if segment.run.node.name == name:
            return items[offset]
        queue.append(_steps(segment, offset, items[offset]))
    return None


def _next(queue: list[Iterator[_Place]]) -> _Place | None:
    while queue:
        place = next(queue[-1], None)
        if place is not None:
            return place
        queue.pop()
    return None


_Place = tuple[Segment, int]
"""An item that a node run emitted: what holds it, and its position among all items of that port."""


def _place(segments: Sequence[Segment], index: int) -> Iterator[_Place]:
    """Yield where item `index` of these segments is; nothing when they hold fewer."""
    for segment in segments:
        if index < segment.size:
            yield segment, segment.start + index
            return
        index -= segment.size


def _steps(segment: Segment, offset: int, item: Item) -> Iterator[_Place]:
    """Yield the items from which an item was made: inputs of its node run, or for a loop's `done` what came back."""
    run = segment.run
    if segment.port == "done" and run.returned:
        yield from _place(run.returned, offset)
    elif LOOP_PORT in run.node.opens and segment.port == LOOP_PORT:
        yield from _place(run.segments(), offset)
    elif isinstance(item.source, int):
        yield from _place(run.segments(), item.source)
    else:
        for source in item.source or ():
            yield from _place(run.segments(), source)
