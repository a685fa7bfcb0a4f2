"""From JavaScript's regular expressions to RE2's with the same meaning, or a reason why not.

What backtracking alone can do (back references, looking around) is refused. So are repeated parts
in which JavaScript forgets a group that an earlier turn matched and RE2 remembers it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.regexes import charsets
from alur_engine.expressions.regexes.charsets import Ranges
from alur_engine.expressions.regexes.pieces import Piece, Translation, both, repeated
from alur_sdk.errors import ExpressionError

_QUANTIFIER: Final = re.compile(r"(\*|\+|\?|\{(\d+)(?:(,)(\d*))?\})(\??)", re.ASCII)
_NAME: Final = re.compile(r"<([A-Za-z_$][\w$]*)>", re.ASCII)
_PROPERTY: Final = re.compile(r"\{(?:(General_Category|gc|Script|sc)=)?([A-Za-z_]+)\}", re.ASCII)
_HEX: Final = {"x": re.compile(r"[0-9a-fA-F]{2}"), "u": re.compile(r"[0-9a-fA-F]{4}")}
_BRACED: Final = re.compile(r"\{([0-9a-fA-F]+)\}")
_CONTROLS: Final = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_SYNTAX: Final = frozenset("^$\\.*+?()[]{}|/")
_MOST_REPEATS: Final = 1000
_LONGEST: Final = 10_000
_DEEPEST: Final = 50
_FEW_PLACES: Final = 16
_FEW_OPTIONAL: Final = 2
_CATEGORY: Final = re.compile(r"[A-Z][a-z]?\Z", re.ASCII)
_LONG_CATEGORIES: Final = {
    "Letter": "L", "Lowercase_Letter": "Ll", "Uppercase_Letter": "Lu", "Number": "N",
    "Decimal_Number": "Nd", "Punctuation": "P", "Symbol": "S", "Separator": "Z", "Mark": "M",
}  # fmt: skip


def refuse(reason: str) -> ExpressionError:
    """Return the error for a regular expression that is wrong or not supported."""
    return ExpressionError(f"Invalid regular expression: {reason}", kind="SyntaxError")


class Translator:
    """Reads one pattern by recursive descent (ECMAScript 22.2.1 and annex B.1.2).

    With `marks_lines` the pattern is for text whose line ends are marked (`charsets.MARKED_LINES`).
    """

    def __init__(self, source: str, flags: str, *, marks_lines: bool = False) -> None:
        if len(source) > _LONGEST:
            raise refuse("it is too long")
        self.is_unicode = "u" in flags
        self._source = utf16.narrow(source) if self.is_unicode else utf16.widen(source)
        self._flags = flags
        self._emit = charsets.emit_marked if marks_lines else charsets.emit
        self._marks_lines = marks_lines
        self._at = 0
        self._depth = 0
        self._groups = 0
        self._names: dict[str, int] = {}
        self._has_line_anchors = False

    def translate(self) -> Translation:
        """Return the whole pattern."""
        piece = self._disjunction()
        if self._at < len(self._source):
            raise refuse("Unmatched ')'")
        return Translation(
            piece.text,
            self._names,
            self._groups,
            self._has_line_anchors,
            piece.is_risky,
            piece.places,
            self.is_unicode,
            piece.plain if not piece.is_nullable and piece.places <= _FEW_PLACES else None,
        )

    def _peek(self, text: str) -> bool:
        return self._source.startswith(text, self._at)

    def _take(self, text: str) -> bool:
        if not self._peek(text):
            return False
        self._at += len(text)
        return True

    def _disjunction(self) -> Piece:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise refuse("it is nested too deeply")
        pieces = [self._alternative()]
        while self._take("|"):
            pieces.append(self._alternative())
        self._depth -= 1
        if len(pieces) == 1:
            return pieces[0]
        has_group = any(piece.has_group for piece in pieces)
        unbounded = any(piece.is_unbounded for piece in pieces)
        return Piece(
            "|".join(piece.text for piece in pieces),
            any(piece.is_nullable for piece in pieces),
            has_group,
            has_group,
            unbounded,
            unbounded,
            sum(piece.places for piece in pieces),
        )

    def _alternative(self) -> Piece:
        whole = Piece("", is_nullable=True, plain="")
        texts = []
        optional = 0
        while self._at < len(self._source) and self._source[self._at] not in "|)":
            piece = self._term()
            optional += piece.is_nullable
            is_linear = not whole.is_unbounded and optional <= _FEW_OPTIONAL
            whole.plain = both(whole.plain, piece.plain) if is_linear else None
            texts.append(piece.text)
            whole.is_nullable = whole.is_nullable and piece.is_nullable
            whole.has_group |= piece.has_group
            whole.forgets |= piece.forgets
            whole.is_unbounded |= piece.is_unbounded
            whole.is_risky |= piece.is_risky
            whole.places += piece.places
        whole.text = "".join(texts)
        return whole

    def _term(self) -> Piece:
        assertion = self._assertion()
        if assertion is not None:
            if _QUANTIFIER.match(self._source, self._at):
                raise refuse("Nothing to repeat")
            return assertion
        return self._quantified(self._atom())

    def _assertion(self) -> Piece | None:
        if self._take("^"):
            return self._line_anchor("(?m:^)", r"\A")
        if self._take("$"):
            return self._line_anchor("(?m:$)", r"\z")
        for escape in (r"\b", r"\B"):
            if self._take(escape):
                if self.is_unicode and "i" in self._flags:
                    raise refuse(f"`{escape}` with the flags i and u is not supported")
                return Piece(escape, is_nullable=True)
        for look in ("(?=", "(?!", "(?<=", "(?<!"):
            if self._peek(look):
                raise refuse(f"looking around, `{look}`, is not supported")
        return None

    def _line_anchor(self, of_line: str, of_text: str) -> Piece:
        if "m" not in self._flags:
            return Piece(of_text, is_nullable=True)
        self._has_line_anchors = True
        return Piece(of_line, is_nullable=True)

    def _quantified(self, atom: Piece) -> Piece:
        found = _QUANTIFIER.match(self._source, self._at)
        if not found:
            return atom
        self._at = found.end()
        least, most = _bounds(found)
        if least > _MOST_REPEATS or (most or 0) > _MOST_REPEATS:
            raise refuse(f"more than {_MOST_REPEATS} repeats are not supported")
        if most is not None and most < least:
            raise refuse("numbers out of order in {} quantifier")
        repeats = most is None or most > 1
        if repeats and atom.is_nullable:
            raise refuse("a repeated part that can match nothing is not supported")
        if repeats and atom.forgets:
            raise refuse("a repeated part with a group that may be left out is not supported")
        return Piece(
            f"(?:{atom.text}){found[0]}",
            atom.is_nullable or least == 0,
            atom.has_group,
            atom.forgets or (atom.has_group and least == 0),
            atom.is_unbounded or most is None,
            atom.is_risky or (atom.is_unbounded and (least == 0 or repeats)),
            atom.places * (least + 1 if most is None else most),
            repeated(atom.plain, found[0]),
        )

    def _atom(self) -> Piece:
        char = self._source[self._at]
        if char == "(":
            return self._group()
        if char == "[":
            self._at += 1
            return self._set(self._class())
        if char == "\\":
            return self._escape()
        if char == ".":
            self._at += 1
            dots = ((0, charsets.LAST),) if "s" in self._flags else None
            return self._one_of(dots or charsets.invert(charsets.LINE_END))
        if char in "*+?" or (char == "{" and _QUANTIFIER.match(self._source, self._at)):
            raise refuse("Nothing to repeat")
        if char in "{}]" and self.is_unicode:
            raise refuse(f"Lone `{char}`")
        self._at += 1
        return self._set(charsets.of_text(char))

    def _set(self, ranges: Ranges) -> Piece:
        if "i" in self._flags:
            ranges = charsets.ignore_case(ranges, is_unicode=self.is_unicode)
        return self._one_of(ranges)

    def _one_of(self, ranges: Ranges) -> Piece:
        return Piece(self._emit(ranges), places=1, plain=charsets.emit_plain(ranges))

    def _group(self) -> Piece:
        self._at += 1
        captures = not self._take("?:")
        if captures:
            self._groups += 1
            if self._take("?"):
                self._name_group()
        inner = self._disjunction()
        if not self._take(")"):
            raise refuse("Unterminated group")
        opening = "(" if captures else "(?:"
        return Piece(
            f"{opening}{inner.text})",
            inner.is_nullable,
            captures or inner.has_group,
            inner.forgets,
            inner.is_unbounded,
            inner.is_risky,
            inner.places,
        )

    def _name_group(self) -> None:
        found = _NAME.match(self._source, self._at)
        if not found:
            raise refuse("Invalid group")
        if found[1] in self._names:
            raise refuse("Duplicate capture group name")
        self._names[found[1]] = self._groups
        self._at = found.end()

    def _escape(self) -> Piece:
        following = self._source[self._at + 1 : self._at + 2]
        if following in charsets.ESCAPES:
            self._at += 2
            return self._set(charsets.ESCAPES[following])
        if following in {"p", "P"} and self.is_unicode:
            return Piece(self._property(), places=1)
        if following and following in "123456789":
            raise refuse("back references are not supported")
        if following == "k" and (self.is_unicode or "(?<" in self._source):
            raise refuse("back references are not supported")
        return self._set(charsets.of_text(self._character()))

    def _property(self) -> str:
        negated = self._source[self._at + 1] == "P"
        self._at += 2
        found = _PROPERTY.match(self._source, self._at)
        if not found or "i" in self._flags:
            raise refuse("this Unicode property is not supported")
        self._at = found.end()
        name = _LONG_CATEGORIES.get(found[2], found[2])
        is_script = (found[1] or "").startswith(("S", "s"))
        if not is_script and not _CATEGORY.match(name):
            raise refuse(f"the Unicode property {name} is not supported")
        text = rf"\{'P' if negated else 'p'}{{{name}}}"
        return self._marked_property(text, name, negated=negated) if self._marks_lines else text

    def _marked_property(self, text: str, name: str, *, negated: bool) -> str:
        """Return a property's set with its line ends marked; all are of the script Common."""
        opposite = rf"\{'p' if negated else 'P'}{{{name}}}"
        ends = [
            mark
            for end, mark in charsets.MARKED_LINES.items()
            if (name == "Common" or unicodedata.category(end).startswith(name)) is not negated
        ]
        others = rf"[^{opposite}\n]" if ends or negated else text
        return f"(?:{'|'.join([others, *ends])})"

    def _character(self) -> str:
        """Return the one character that an escape stands for."""
        self._at += 1
        if self._at >= len(self._source):
            raise refuse(r"\ at end of pattern")
        char = self._source[self._at]
        self._at += 1
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "0" and not self._source[self._at : self._at + 1].isdigit():
            return "\0"
        if char in _HEX:
            return self._hexadecimal(char)
        if char == "c" or char.isdigit():
            raise refuse(f"the escape \\{char} is not supported")
        if self.is_unicode and char not in _SYNTAX and char != "-":
            raise refuse("Invalid escape")
        return char

    def _hexadecimal(self, kind: str) -> str:
        braced = _BRACED.match(self._source, self._at) if kind == "u" and self.is_unicode else None
        if braced and int(braced[1], 16) <= charsets.LAST:
            self._at = braced.end()
            return chr(int(braced[1], 16))
        found = _HEX[kind].match(self._source, self._at)
        if not found:
            if self.is_unicode:
                raise refuse("Invalid Unicode escape")
            return kind
        self._at = found.end()
        char = chr(int(found[0], 16))
        if self.is_unicode and "\ud800" <= char <= "\udbff" and self._take("\\u"):
            return utf16.narrow(char + self._hexadecimal("u"))
        return char

    def _class(self) -> Ranges:
        negated = self._take("^")
        parts: list[tuple[int, int]] = []
        while not self._take("]"):
            if self._at >= len(self._source):
                raise refuse("Unterminated character class")
            parts.extend(self._class_part())
        ranges = charsets.union(parts)
        if negated and "i" in self._flags:
            ranges = charsets.ignore_case(ranges, is_unicode=self.is_unicode)
        return charsets.invert(ranges) if negated else ranges

    def _class_part(self) -> Ranges:
        first = self._class_atom()
        if not self._peek("-") or self._source[self._at + 1 : self._at + 2] in ("]", ""):
            return first
        self._at += 1
        last = self._class_atom()
        if not _is_single(first) or not _is_single(last):
            if self.is_unicode:
                raise refuse("Invalid character class")
            return charsets.union([*first, *last, (0x2D, 0x2D)])
        if first[0][0] > last[0][0]:
            raise refuse("Range out of order in character class")
        return ((first[0][0], last[0][0]),)

    def _class_atom(self) -> Ranges:
        char = self._source[self._at]
        if char != "\\":
            self._at += 1
            return charsets.of_text(char)
        following = self._source[self._at + 1 : self._at + 2]
        if following in charsets.ESCAPES:
            self._at += 2
            return charsets.ESCAPES[following]
        if following == "b":
            self._at += 2
            return charsets.of_text("\b")
        if following in {"p", "P"} and self.is_unicode:
            raise refuse("a Unicode property within a class is not supported")
        if following and following in "123456789":
            raise refuse("octal escapes are not supported")
        return charsets.of_text(self._character())


def _is_single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    sign = found[1]
    if sign in {"*", "+", "?"}:
        return int(sign == "+"), 1 if sign == "?" else None
    least = int(found[2])
    if not found[3]:
        return least, least
    return least, int(found[4]) if found[4] else None
