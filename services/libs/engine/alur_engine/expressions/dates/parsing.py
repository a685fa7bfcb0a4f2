"""Reading times from text as V8 does: ISO 8601 as ECMAScript has it, else whatever looks like a date.

The second way takes words and numbers in nearly any order; text in parentheses does not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from alur_engine.expressions.dates.calendar import MINUTE_MS, ms_of, to_instant
from alur_engine.expressions.dates.tokens import END, Scanner, Token
from alur_engine.expressions.numbers import NAN

_LONGEST: Final = 200
_MONTH, _DAY, _HOUR, _SIXTY = 12, 31, 23, 59
_CENTURY_BREAK, _CENTURY = 49, 99
_NOON: Final = 12
_LAST_HOUR: Final = 24


_USUAL: Final = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"(?:T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?"
    r"(?:(Z)|([+-])([01]\d|2[0-3]):([0-5]\d))?)?\Z",
    re.ASCII,
)
"""What nearly all texts look like, read at once; the rest is read piece by piece."""


class _NoTimeError(Exception):
    """The text names no time."""


@dataclass(slots=True)
class _Clock:
    """The numbers of a time of day as they are read."""

    parts: list[int] = field(default_factory=list)
    half: int | None = None

    def expects(self, number: int) -> bool:
        """Whether a number may be the next part."""
        most = {1: _SIXTY, 2: _SIXTY, 3: 999}.get(len(self.parts), -1)
        return number <= most

    def add(self, number: int) -> None:
        """Take a part."""
        if len(self.parts) > 3:  # noqa: PLR2004  hours to milliseconds
            raise _NoTimeError
        self.parts.append(number)

    def finish(self, number: int) -> None:
        """Take the last part."""
        self.add(number)
        self.parts += [0] * (4 - len(self.parts))

    def ms(self) -> int:
        """Return the milliseconds since midnight."""
        hour, minute, second, milli = [*self.parts, 0, 0, 0, 0][:4]
        if self.half is not None:
            if hour > _NOON:
                raise _NoTimeError
            hour = hour % _NOON + self.half
        is_midnight = hour == _LAST_HOUR and not (minute or second or milli)
        if minute > _SIXTY or second > _SIXTY or (hour > _HOUR and not is_midnight):
            raise _NoTimeError
        return ((hour * 60 + minute) * 60 + second) * 1000 + milli


@dataclass(slots=True)
class _Zone:
    """An offset from UTC as it is read; without a sign there is none."""

    sign: int = 0
    hour: int | None = None
    minute: int | None = None

    def put(self, sign: int, hour: int | None, minute: int | None) -> None:
        """Take an offset, whose minutes may still come."""
        self.sign, self.hour, self.minute = sign, hour, minute

    @property
    def is_utc(self) -> bool:
        """Whether it is UTC."""
        return self.hour == 0 and self.minute == 0

    def expects(self, number: int) -> bool:
        """Whether a number may be its minutes."""
        return self.hour is not None and self.minute is None and number <= _SIXTY

    def minutes(self) -> int | None:
        """Return the offset, nothing where none was named."""
        if not self.sign:
            return None
        return self.sign * ((self.hour or 0) * 60 + (self.minute or 0))


class _Reader:
    """Reads one text."""

    def __init__(self, text: str) -> None:
        self.scanner = Scanner(text)
        self.clock, self.zone = _Clock(), _Zone()
        self.numbers: list[int] = []
        self.month: int | None = None
        self.is_iso = False
        self.has_number = False

    def read(self) -> None:
        """Read all of it; raises `_NoTimeError`."""
        token = self._iso()
        self.has_number = bool(self.numbers)
        while token is not END:
            self._take(token)
            token = self.scanner.next()

    def _iso(self) -> Token:
        """Read ISO 8601 as far as it goes; return the token at which it is no more."""
        token = self._iso_date()
        if token is not None:
            return token
        if self.scanner.peek.kind == "separator":
            self._iso_clock()
        elif self.scanner.peek is not END:
            return self.scanner.next()
        if not self.clock.parts:
            self.zone.put(1, 0, 0)
        self.is_iso = True
        return END

    def _iso_date(self) -> Token | None:
        """Read a date; return the token at which it is none."""
        scanner = self.scanner
        if scanner.peek.kind == "sign":
            sign = scanner.next()
            if not scanner.peek.is_fixed(6):
                return sign
            year = scanner.next().number
            if sign.number < 0 and not year:
                return sign
            self.numbers.append(sign.number * year)
        elif scanner.peek.is_fixed(4):
            self.numbers.append(scanner.next().number)
        else:
            return scanner.next()
        for most in (_MONTH, _DAY):
            if not scanner.skip("-"):
                break
            if not (scanner.peek.is_fixed(2) and 1 <= scanner.peek.number <= most):
                return scanner.next()
            self.numbers.append(scanner.next().number)
        return None

    def _iso_clock(self) -> None:
        scanner = self.scanner
        scanner.next()
        hour = self._fixed(_LAST_HOUR)
        most = 0 if hour == _LAST_HOUR else _SIXTY
        self.clock.add(hour)
        self._expect(":")
        self.clock.add(self._fixed(most))
        if scanner.skip(":"):
            self.clock.add(self._fixed(most))
            if scanner.skip("."):
                if scanner.peek.kind != "number" or (not most and scanner.peek.number):
                    raise _NoTimeError
                self.clock.add(scanner.next().milliseconds())
        if scanner.peek.is_zulu:
            scanner.next()
            self.zone.put(1, 0, 0)
        elif scanner.peek.kind == "sign":
            self._iso_offset(scanner.next().number)
        if scanner.peek is not END:
            raise _NoTimeError

    def _iso_offset(self, sign: int) -> None:
        if self.scanner.peek.is_fixed(4):
            hour, minute = divmod(self.scanner.next().number, 100)
            if hour > _HOUR or minute > _SIXTY:
                raise _NoTimeError
        else:
            hour = self._fixed(_HOUR)
            self._expect(":")
            minute = self._fixed(_SIXTY)
        self.zone.put(sign, hour, minute)

    def _fixed(self, most: int) -> int:
        token = self.scanner.next()
        if not (token.is_fixed(2) and token.number <= most):
            raise _NoTimeError
        return token.number

    def _expect(self, symbol: str) -> None:
        if not self.scanner.skip(symbol):
            raise _NoTimeError

    def _take(self, token: Token) -> None:
        if token.kind == "number":
            self._number(token.number)
        elif token.is_word:
            self._word(token)
        elif token.kind == "sign" and (self.zone.is_utc or self.clock.parts):
            self._offset(token.number)
        elif (token.kind == "sign" or token.text == ")") and self.has_number:
            raise _NoTimeError

    def _number(self, number: int) -> None:
        scanner, clock = self.scanner, self.clock
        self.has_number = True
        if scanner.skip(":"):
            self._part(number)
        elif scanner.skip(".") and clock.expects(number):
            clock.add(number)
            if scanner.peek.kind != "number":
                raise _NoTimeError
            clock.finish(scanner.next().milliseconds())
        elif self.zone.expects(number):
            self.zone.minute = number
        elif clock.expects(number):
            clock.finish(number)
            peek = scanner.peek
            if not (peek is END or peek.kind in {"space", "sign"} or peek.is_zulu):
                raise _NoTimeError
        else:
            self._day(number)

    def _part(self, number: int) -> None:
        """Take a number with a colon behind it; two of them leave the minutes out."""
        if not self.scanner.skip(":"):
            self.clock.add(number)
            self.scanner.skip(".")
        elif self.clock.parts:
            raise _NoTimeError
        else:
            self.clock.parts += [number, 0]

    def _day(self, number: int) -> None:
        if len(self.numbers) > 2:  # noqa: PLR2004  a date has three
            raise _NoTimeError
        self.numbers.append(number)
        self.scanner.skip("-")

    def _word(self, token: Token) -> None:
        if token.kind == "half" and self.clock.parts:
            self.clock.half = token.number
        elif token.kind == "month":
            self.month = token.number
            self.scanner.skip("-")
        elif token.kind == "zone" and self.has_number:
            self.zone.put(-1 if token.number < 0 else 1, abs(token.number), 0)
        elif self.has_number or self.scanner.peek.kind == "number":
            raise _NoTimeError

    def _offset(self, sign: int) -> None:
        number = size = 0
        if self.scanner.peek.kind == "number":
            token = self.scanner.next()
            number, size = token.number, token.size
        self.has_number = True
        if self.scanner.peek.text == ":":
            self.zone.put(sign, number, None)
        elif size in (1, 2):
            self.zone.put(sign, number, 0)
        elif size in (3, 4):
            self.zone.put(sign, *divmod(number, 100))
        else:
            raise _NoTimeError

    def date(self) -> tuple[int, int, int]:
        """Return year, month and day."""
        if not self.numbers:
            raise _NoTimeError
        year, month, day = self._ordered([*self.numbers, 1, 1][:3])
        if not self.is_iso and 0 <= year <= _CENTURY:
            year += 2000 if year <= _CENTURY_BREAK else 1900
        if not (1 <= month <= _MONTH and 1 <= day <= _DAY):
            raise _NoTimeError
        return year, month, day

    def _ordered(self, numbers: Sequence[int]) -> tuple[int, int, int]:
        first, second, third = numbers
        is_day = 1 <= first <= _DAY
        if self.month is not None:
            return (second, self.month, first) if is_day else (first, self.month, second)
        return (third, first, second) if is_day and not self.is_iso else (first, second, third)


def parse_time(text: str, zone: str) -> float:
    """Return the milliseconds that `text` names, NaN when it names no time.

    A date alone in the form of ISO 8601 is UTC; what else has no offset is read in `zone`.
    """
    if len(text) > _LONGEST:
        return NAN
    usual = _USUAL.match(text)
    if usual is not None:
        return _usual_time(usual, zone)
    reader = _Reader(text)
    try:
        reader.read()
        year, month, day = reader.date()
        local = ms_of(year, month - 1, day, reader.clock.ms())
    except _NoTimeError:
        return NAN
    offset = reader.zone.minutes()
    return to_instant(local, zone) if offset is None else local - offset * MINUTE_MS


def _usual_time(found: re.Match[str], zone: str) -> float:
    year, month, day, hour, minute, second, part, zulu, sign, ahead, extra = found.groups()
    date = ms_of(int(year), int(month) - 1, int(day))
    if hour is None:
        return date
    clock = (int(hour) * 60 + int(minute)) * 60 + int(second or 0)
    local = date + clock * 1000 + int(((part or "") + "000")[:3])
    if zulu:
        return local
    if sign is None:
        return to_instant(local, zone)
    offset = (int(ahead) * 60 + int(extra)) * MINUTE_MS
    return local + offset if sign == "-" else local - offset
