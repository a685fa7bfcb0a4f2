"""Where in a text the parts of its documents stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alur_engine.reading.limits import child_path

_STARTS = {"MappingStartEvent", "SequenceStartEvent"}
_ENDS = {"MappingEndEvent", "SequenceEndEvent"}
_EMPTY = {"", "~", "null", "Null", "NULL"}


def lines_of(text: str, document: int, paths: Iterable[str]) -> dict[str, int | None]:
    """Return the line (from 1) of each part of a document, or of the nearest part around it; None when it cannot be told.

    `document` counts those of the text that are not empty, from 0. JSON is read as the YAML it is, once, and no further than
    to the last of the parts.
    """
    import yaml  # noqa: PLC0415  # only who tells a problem pays

    wanted = _Wanted(paths)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[Any] = yaml.parse(text, Loader=loader)
    try:
        root = _start_of(events, document)
        if type(root).__name__ in _STARTS:
            _look(events, root, "", wanted)
    except (yaml.YAMLError, RecursionError):
        return dict.fromkeys(wanted.lines)
    return wanted.lines


class _Wanted:
    """The parts that are looked for, and the best line of each so far."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.lines: dict[str, int | None] = dict.fromkeys(paths)
        self._left = {path for path in self.lines if path}
        self._around = {path[:end] for path in self._left for end in range(1, len(path) + 1)}

    @property
    def is_found(self) -> bool:
        return not self._left

    def meet(self, path: str, line: int) -> bool:
        """Take the line of a part for itself and for those in it; tell whether any is looked for."""
        if path not in self._around:
            return False
        for one in self._left:
            if one.startswith(path) and one[len(path) : len(path) + 1] in {"", ".", "["}:
                self.lines[one] = line
        self._left.discard(path)
        return True


def _start_of(events: Iterator[Any], document: int) -> Any:  # noqa: ANN401  # an event of PyYAML, which has no types
    """Go on to the first event within this document and return it; None when there is none."""
    seen = -1
    for event in events:
        if type(event).__name__ != "DocumentStartEvent":
            continue
        root = next(events)
        seen += type(root).__name__ != "ScalarEvent" or root.value not in _EMPTY
        if seen == document:
            return root
    return None


def _look(events: Iterator[Any], start: Any, path: str, wanted: _Wanted) -> None:  # noqa: ANN401  # as above
    """Go through a list or an object to its end, or until all is found; a field's line is that of its name."""
    is_list = type(start).__name__ == "SequenceStartEvent"
    for index, event in enumerate(events):
        if wanted.is_found or type(event).__name__ in _ENDS:
            return
        here = child_path(path, index if is_list else getattr(event, "value", "?"))
        is_near = wanted.meet(here, event.start_mark.line + 1)
        if not is_list and type(event).__name__ in _STARTS:
            _skip(events)
        member = event if is_list else next(events)
        if type(member).__name__ in _STARTS:
            if is_near:
                _look(events, member, here, wanted)
            else:
                _skip(events)


def _skip(events: Iterator[Any]) -> None:
    """Go past the end of a list or an object that has just begun."""
    depth = 1
    for event in events:
        kind = type(event).__name__
        depth += (kind in _STARTS) - (kind in _ENDS)
        if depth == 0:
            return
