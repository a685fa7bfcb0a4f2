"""YAML as its core schema has it, built from the parser's events: no tags, no surprises, no bombs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn, Protocol, cast

from alur_engine.reading.limits import MAX_DEPTH, MAX_VALUES, child_path
from alur_sdk.errors import InvalidError, Problem

_WORDS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
# A leading zero keeps `007` text: as a number it would lose what was written, and YAML 1.1 read it as octal.
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,19})\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?\Z")
_RADIX = re.compile(r"0(o[0-7]{1,22}|x[0-9a-fA-F]{1,16})\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_TAGS = {
    f"tag:yaml.org,2002:{name}": kinds
    for name, kinds in {
        "str": (str,), "int": (int,), "float": (float, int), "bool": (bool,),
        "null": (type(None),), "map": (dict,), "seq": (list,),
    }.items()
}  # fmt: skip
_NO_KEY = object()


def plain_value(text: str) -> object:
    """Return what a text without quotes and tag is, by the core schema; text that is nothing else is itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return int(text, 0) if _RADIX.match(text) else text


class _Mark(Protocol):
    """Where an event stands in the text, counted from 0."""

    line: int
    column: int


class _Event(Protocol):
    """What is read of the parser's events; each kind has only the attributes that fit it."""

    value: str
    tag: str | None
    anchor: str | None
    implicit: tuple[bool, bool]
    start_mark: _Mark


_HINTS = {
    "mapping values are not allowed": "this line is indented deeper than it may be, or text with `: ` in it lacks its quotes",
    "did not find expected '-'": "this line is indented as the `-` above it: what belongs to an element stands below its first word",
    "did not find expected key": "this line is indented otherwise than those beside it, or a quote or bracket above is not closed",
    "found a tab character": "indent by spaces",
    "found character that cannot start any token": "indent by spaces, and put text that begins with @, ` or % in quotes",
}
"""How the parser's reasons begin -> what people then mostly have to mend."""


def _hint(reason: str) -> str:
    found = [hint for begin, hint in _HINTS.items() if reason.startswith(begin)]
    return f" ({found[0]})" if found else ""


def read_yaml(text: str) -> list[object]:
    """Return the documents of a YAML stream that are not empty. Raises `InvalidError` that names path and line."""
    import yaml  # noqa: PLC0415  # costs 15 ms, and most documents come as JSON

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder().build(cast(Iterator[_Event], yaml.parse(text, Loader=loader)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
        message = f"{where}no valid YAML: {reason}{_hint(reason)}"
        raise InvalidError(message, [Problem("", "syntax", message)]) from error


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("anchor", "key", "path", "size", "value")

    def __init__(
        self, value: dict[str, object] | list[object], path: str, anchor: str | None
    ) -> None:
        self.value = value
        self.path = path
        self.anchor = anchor
        self.key: object = _NO_KEY
        self.size = 1


class _Builder:
    """Builds values from events, with its own stack: depth of the text is not depth of calls."""

    def __init__(self) -> None:
        self._documents: list[object] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[object, int]] = {}
        self._values = 0

    def build(self, events: Iterator[_Event]) -> list[object]:
        handlers = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": lambda event: self._start(event, {}),
            "SequenceStartEvent": lambda event: self._start(event, []),
            "MappingEndEvent": self._end,
            "SequenceEndEvent": self._end,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._begin,
        }
        for event in events:
            handler = handlers.get(type(event).__name__)
            if handler is not None:
                handler(event)
        return self._documents

    def _begin(self, _event: _Event) -> None:
        self._anchors = {}
        self._values = 0

    def _scalar(self, event: _Event) -> None:
        if event.value == "<<" and event.implicit[0] and self._expects_key():
            self._refuse(event, "merge-key", "merge keys (`<<`) are not read: write the fields out")
        value = self._resolve(event)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._add(event, value, 1)

    def _resolve(self, event: _Event) -> object:
        kinds = _TAGS.get(event.tag) if event.tag else None
        if event.tag and event.tag != "!" and kinds is None:
            self._refuse(event, "tag", f"the tag {event.tag!r} is not read")
        if kinds == (str,) or event.tag == "!" or (not event.implicit[0] and kinds is None):
            return event.value
        value = self._plain(event)
        if kinds is not None and not isinstance(value, kinds):
            self._refuse(event, "tag", f"{event.value[:40]!r} does not fit its tag {event.tag!r}")
        return value

    def _plain(self, event: _Event) -> object:
        if _NOT_FINITE.match(event.value):
            self._refuse(event, "value", f"{event.value} is no JSON number")
        return plain_value(event.value)

    def _start(self, event: _Event, value: dict[str, object] | list[object]) -> None:
        if self._expects_key():
            self._refuse(
                event,
                "key",
                'a key is text, not a list or an object (an expression stands in quotes: "{{ … }}")',
            )
        if event.tag and event.tag != "!" and not isinstance(value, _TAGS.get(event.tag, ())):
            self._refuse(event, "tag", f"the tag {event.tag!r} is not read")
        if len(self._stack) >= MAX_DEPTH:
            self._refuse(event, "too-deep", f"nested more than {MAX_DEPTH} deep")
        self._stack.append(_Open(value, self._path(), event.anchor))

    def _end(self, event: _Event) -> None:
        done = self._stack.pop()
        value = done.value
        if done.anchor:
            self._anchors[done.anchor] = (value, done.size)
        self._add(event, value, done.size)

    def _alias(self, event: _Event) -> None:
        known = self._anchors.get(event.anchor or "")
        if known is None:
            self._refuse(
                event, "alias", f"the alias *{event.anchor} names nothing that stands before it"
            )
        self._add(event, *known)

    def _add(self, event: _Event, value: object, size: int) -> None:
        self._values += size if event.__class__.__name__ == "AliasEvent" else 1
        if self._values > MAX_VALUES:
            self._refuse(event, "too-large", f"more than {MAX_VALUES} values, aliases expanded")
        if not self._stack:
            if value is not None:
                self._documents.append(value)
            return
        parent = self._stack[-1]
        parent.size += size
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is _NO_KEY:
            self._take_key(event, parent, value)
        else:
            parent.value[str(parent.key)] = value
            parent.key = _NO_KEY

    def _take_key(self, event: _Event, parent: _Open, key: object) -> None:
        if not isinstance(key, str):
            self._refuse(event, "key", f"the key {str(key)[:40]!r} is not text: put it in quotes")
        if key in parent.value:
            self._refuse(event, "duplicate-key", f"the key {key!r} stands here twice", key)
        parent.key = key

    def _expects_key(self) -> bool:
        return (
            bool(self._stack)
            and isinstance(self._stack[-1].value, dict)
            and self._stack[-1].key is _NO_KEY
        )

    def _path(self, key: str | None = None) -> str:
        if not self._stack:
            return ""
        top = self._stack[-1]
        if isinstance(top.value, list):
            return child_path(top.path, len(top.value))
        name = key if key is not None else top.key
        return child_path(top.path, name) if isinstance(name, str) else top.path

    def _refuse(self, event: _Event, code: str, reason: str, key: str | None = None) -> NoReturn:
        mark = event.start_mark
        message = f"line {mark.line + 1}, column {mark.column + 1}: {reason}"
        raise InvalidError(message, [Problem(self._path(key), code, message)])
