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
    queue: list[tuple[Run, int]] = [(run, index)]
    for _ in range(MAX_VISITS):
        if not queue:
            return None
        current, at = queue.pop()
        place = _place(current.segments(), at)
        if place is None:
            continue
        segment, offset = place
        items = segment.run.outputs.get(segment.port, ())
        if offset >= len(items):
            continue
        if segment.run.node.name == name and segment.run.node.index >= 0:
            return items[offset]
        queue += reversed(list(_steps(segment, offset, items[offset])))
    return None


def _place(segments: Sequence[Segment], index: int) -> tuple[Segment, int] | None:
    for segment in segments:
        if index < segment.size:
            return segment, segment.start + index
        index -= segment.size
    return None


def _steps(segment: Segment, offset: int, item: Item) -> Iterator[tuple[Run, int]]:
    """Yield the input items from which an output item was made."""
    run = segment.run
    if segment.port == "done" and run.returned:
        back = _place(run.returned, offset)
        if back is not None:
            returned, at = back
            made = returned.run.outputs[returned.port][at]
            yield from _steps(Segment(returned.run, returned.port, at, 1), at, made)
        return
    if LOOP_PORT in run.node.opens and segment.port == LOOP_PORT:
        yield run, offset
    elif isinstance(item.source, int):
        yield run, item.source
    elif item.source is not None:
        for source in item.source:
            yield run, source
