"""`RegExp.prototype`, and what strings do with regular expressions. ECMAScript 22.2.6."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.limits import (
    check_bytes,
    spend_bytes,
    spend_slots,
    spend_steps,
    spend_text,
)
from alur_engine.expressions.regexes.program import Span, Subject
from alur_engine.expressions.regexes.value import JsRegExp
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import (
    UNDEFINED,
    Function,
    JsIterator,
    MatchList,
    Native,
    Value,
)

_TOKEN: Final = re.compile(r"\$(?:[$&`']|([0-9]{1,2})|<([^>]*)>)", re.ASCII)
_NOWHERE: Final = (-1, -1)
_SIMPLE_FLAGS: Final = frozenset("dgims")

Replacement = Callable[[Subject, Sequence[Span]], str]


def _next(scope: Scope, regexp: JsRegExp, subject: Subject) -> list[Span] | None:
    """Find the next match and move `lastIndex`, as `RegExpBuiltinExec` does."""
    moves = "g" in regexp.flags or "y" in regexp.flags
    start = regexp.last_index if moves else 0
    if start > subject.size:
        regexp.last_index = 0
        return None
    spans = regexp.program.find(scope, subject, start)
    if spans is not None and "y" in regexp.flags and spans[0][0] != start:
        spans = None
    if moves:
        regexp.last_index = spans[0][1] if spans is not None else 0
    return spans


def _all(scope: Scope, regexp: JsRegExp, subject: Subject) -> Iterator[list[Span]]:
    regexp.last_index = 0
    while (spans := _next(scope, regexp, subject)) is not None:
        yield spans
        if spans[0][0] == spans[0][1]:
            regexp.last_index = _advance(subject, spans[0][1], is_unicode="u" in regexp.flags)


def _advance(subject: Subject, index: int, *, is_unicode: bool) -> int:
    pair = subject.units[index : index + 2]
    return index + (2 if is_unicode and len(utf16.narrow(pair)) < len(pair) else 1)


def _match_list(regexp: JsRegExp, subject: Subject, spans: Sequence[Span]) -> MatchList:
    texts = [UNDEFINED if span == _NOWHERE else subject.text(span) for span in spans]
    names = regexp.program.translation.names
    groups = {name: texts[number] for name, number in names.items()} if names else UNDEFINED
    return MatchList(texts, spans[0][0], utf16.narrow(subject.units), groups)


def exec_(scope: Scope, regexp: JsRegExp, text: Value = UNDEFINED) -> Value:
    """`exec`."""
    source = to_js_string(text)
    spend_text(scope, source)
    subject = Subject(regexp.program, source)
    spans = _next(scope, regexp, subject)
    return None if spans is None else _match_list(regexp, subject, spans)


def is_match(scope: Scope, regexp: JsRegExp, text: Value = UNDEFINED) -> bool:
    """`test`."""
    source = to_js_string(text)
    spend_text(scope, source)
    return _next(scope, regexp, Subject(regexp.program, source)) is not None


def to_string(_scope: Scope, regexp: JsRegExp) -> str:
    """`toString`."""
    return regexp.js_string()


def match(scope: Scope, regexp: JsRegExp, text: str) -> Value:
    """`String.prototype.match`."""
    if "g" not in regexp.flags:
        return exec_(scope, regexp, text)
    subject = Subject(regexp.program, text)
    plain = _plain(regexp)
    if plain is not None:
        regexp.last_index = 0
        found = islice(plain.finditer(subject.units), scope.steps_left + 1)
        texts = [utf16.narrow(each[0]) for each in found]
        spend_steps(scope, subject.size >> 6)
    else:
        texts = [subject.text(spans[0]) for spans in _all(scope, regexp, subject)]
    spend_slots(scope, len(texts))
    return texts or None


def match_all(scope: Scope, regexp: JsRegExp, text: str) -> JsIterator:
    """`String.prototype.matchAll`."""
    own = JsRegExp(regexp.source, regexp.flags, regexp.program)
    subject = Subject(own.program, text)
    return JsIterator(_match_list(own, subject, spans) for spans in _all(scope, own, subject))


def search(scope: Scope, regexp: JsRegExp, text: str) -> int:
    """`String.prototype.search`."""
    own = JsRegExp(regexp.source, regexp.flags, regexp.program)
    spans = _next(scope, own, Subject(own.program, text))
    return -1 if spans is None else spans[0][0]


def replace(scope: Scope, regexp: JsRegExp, text: str, by: Value) -> str:
    """`String.prototype.replace`."""
    subject = Subject(regexp.program, text)
    plain = _plain(regexp) if "g" in regexp.flags else None
    if plain is not None and not isinstance(by, Function):
        made = _replace_plain(scope, plain, subject, by)
        if made is not None:
            regexp.last_index = 0
            return made
    if "g" in regexp.flags:
        found: Iterator[Sequence[Span]] = _all(scope, regexp, subject)
    else:
        first = _next(scope, regexp, subject)
        found = iter([] if first is None else [first])
    make = _replacement(scope, regexp, by)
    pieces, end = [], 0
    # All matches are found before the first function is called, which could move `lastIndex`.
    for spans in list(found) if isinstance(by, Function) else found:
        pieces += [subject.units[end : spans[0][0]], make(subject, spans)]
        spend_bytes(scope, len(pieces[-1]) + len(pieces[-2]))
        end = spans[0][1]
    return utf16.narrow("".join([*pieces, subject.units[end:]]))


def _plain(regexp: JsRegExp, *others: str) -> re.Pattern[str] | None:
    """Return the pattern with which Python goes through a text at once, if it has no other flags than these."""
    return regexp.program.plain if {*_SIMPLE_FLAGS, *others}.issuperset(regexp.flags) else None


def _replace_plain(scope: Scope, plain: re.Pattern[str], subject: Subject, by: Value) -> str | None:
    """Return the text with all matches replaced, or `None` where that takes more care."""
    template = utf16.widen(to_js_string(by))
    if "$" in template or subject.size * (1 + len(template)) > scope.bytes_left:
        return None
    most = scope.steps_left + 1
    made, count = plain.subn(template.replace("\\", r"\\"), subject.units, most)
    spend_steps(scope, count + (subject.size >> 6))
    spend_bytes(scope, len(made))
    return utf16.narrow(made)


def _replacement(scope: Scope, regexp: JsRegExp, by: Value) -> Replacement:
    if isinstance(by, Function):
        return _calling(regexp, by)
    template = utf16.widen(to_js_string(by))
    if "$" not in template:
        return lambda _subject, _spans: template
    names = regexp.program.translation.names or None
    return lambda subject, spans: expand(scope, template, subject.units, spans, names)


def _calling(regexp: JsRegExp, function: Function) -> Replacement:
    def call(subject: Subject, spans: Sequence[Span]) -> str:
        found = _match_list(regexp, subject, spans)
        facts = found.facts
        groups = [] if facts["groups"] is UNDEFINED else [facts["groups"]]
        answer = function.call(*found, facts["index"], facts["input"], *groups)
        return utf16.widen(to_js_string(answer))

    return call


def expand(
    scope: Scope,
    template: str,
    units: str,
    spans: Sequence[Span],
    names: dict[str, int] | None,
) -> str:
    """Return a replacement with its `$1`, `$&`, `$<name>` … filled in (`GetSubstitution`).

    Its text is not charged, but refused before it is too large to be.
    """
    spend_steps(scope, 1)
    span, groups = spans[0], spans[1:]
    size = len(template)
    plain = {"$": "$", "&": units[span[0] : span[1]]}

    def text(number: int) -> str:
        begin, end = groups[number - 1]
        return units[begin:end] if begin >= 0 else ""

    def fill(found: re.Match[str]) -> str:
        nonlocal size
        part = filling(found)
        size += len(part)
        check_bytes(scope, size)
        return part

    def filling(found: re.Match[str]) -> str:
        word = found[0][1:]
        if word in plain:
            return plain[word]
        if word in "`'":
            return units[: span[0]] if word == "`" else units[span[1] :]
        if found[2] is None:
            return _numbered(word, len(groups), text)
        if names is None:
            return found[0]
        return text(names[found[2]]) if found[2] in names else ""

    return _TOKEN.sub(fill, template)


def _numbered(digits: str, groups: int, text: Callable[[int], str]) -> str:
    if 1 <= int(digits) <= groups:
        return text(int(digits))
    if len(digits) > 1 and 1 <= int(digits[0]) <= groups:
        return text(int(digits[0])) + digits[1]
    return "$" + digits


def split(scope: Scope, regexp: JsRegExp, text: str) -> list[Value]:
    """`String.prototype.split`."""
    subject = Subject(regexp.program, text)
    if not subject.size:
        return [] if regexp.program.find(scope, subject, 0) is not None else [""]
    plain = _plain(regexp, "y")
    if plain is not None:
        texts = plain.split(subject.units, scope.steps_left + 1)
        spend_slots(scope, len(texts) + (subject.size >> 6))
        return [utf16.narrow(text) for text in texts]
    parts: list[Value] = []
    end = start = 0
    while start < subject.size:
        spans = regexp.program.find(scope, subject, start)
        if spans is None or spans[0][0] >= subject.size:
            break
        if spans[0][1] == end:
            start = _advance(subject, start, is_unicode="u" in regexp.flags)
            continue
        parts.append(subject.text((end, spans[0][0])))
        parts.extend(UNDEFINED if group == _NOWHERE else subject.text(group) for group in spans[1:])
        end = start = spans[0][1]
    spend_slots(scope, len(parts))
    parts.append(subject.text((end, subject.size)))
    return parts


METHODS: Final[dict[str, Native]] = {"exec": exec_, "test": is_match, "toString": to_string}
