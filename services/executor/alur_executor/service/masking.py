"""Secrets that a node run was given, kept out of what it says: its items, errors and log lines."""

from __future__ import annotations

import asyncio
import html
import itertools
import json
import re
import traceback
from base64 import b64encode, urlsafe_b64encode
from typing import BinaryIO
from urllib.parse import quote, quote_plus

import orjson

from alur_common.security.records import UnsealedCredential
from alur_sdk.errors import AlurError
from alur_sdk.items import Item, Json, Outputs
from alur_sdk.nodes import Replied, Result

SHOWN = "***"
_AT_ONCE = 1024 * 1024
SHORTEST = 4
"""What is shorter stands in too many words to be hidden."""
_SHORTEST_INNER = 8
_GROUP, _DIGITS = 3, 4
"""So many bytes are so many digits of base64."""
_SMALL, _TEXT_IS_MORE = 1_000, 128
"""Values, and characters of a text that count as one more."""
_ESCAPED = re.compile("%[0-9A-F]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?")
_SMALLEST_NUMBER = 10 ** (SHORTEST - 1)


class Masks:
    """Hides the secrets of one node run, as they are and as they travel: in base64, in addresses, in JSON and pages."""

    __slots__ = ("_hidden", "_numbers")

    def __init__(self) -> None:
        self._hidden: tuple[str, ...] = ()
        self._numbers: frozenset[int | float] = frozenset()

    def __bool__(self) -> bool:
        return bool(self._hidden)

    def add(self, secret: UnsealedCredential) -> None:
        """Hide this secret from now on."""
        values = [secret.fields[name] for name in secret.hidden if name in secret.fields]
        if "password" in secret.fields:
            values.append(f"{secret.fields.get('username', '')}:{secret.fields['password']}")
        forms = {*self._hidden, *(form for value in values for form in _forms(value))}
        # A long one may hold a short one.
        self._hidden = tuple(sorted(forms, key=lambda form: (-len(form), form)))
        self._numbers |= {number for value in values for number in _numbers(value)}

    def text(self, text: str) -> str:
        """Return the text with stars for secrets."""
        for hidden in self._hidden:
            text = text.replace(hidden, SHOWN)
        return text

    def are_in(self, file: BinaryIO) -> bool:
        """Whether a file holds one of them, read from its beginning and left at its end."""
        sought = [hidden.encode() for hidden in self._hidden]
        kept = max(map(len, sought), default=1) - 1
        file.seek(0)
        before = b""
        while chunk := file.read(_AT_ONCE):
            window = before + chunk
            if any(one in window for one in sought):
                return True
            before = window[-kept:] if kept else b""
        return False

    def error(self, error: AlurError) -> AlurError:
        """Return the error with stars for secrets."""
        if self._hidden:
            error.message = self.text(error.message)
            error.args = (error.message,)
            error.details = {name: self._value(value) for name, value in error.details.items()}
        return error

    def trace(self, error: BaseException) -> str:
        """Return where an error was raised and what it says, for the log of the process."""
        return self.text("".join(traceback.format_exception(error)))

    def outputs(self, outputs: Outputs) -> Outputs:
        """Return the items with stars for secrets; what holds none is what it was."""
        if not self._hidden:
            return outputs
        return {port: [self._item(item) for item in items] for port, items in outputs.items()}

    async def outputs_aside(self, outputs: Outputs) -> Outputs:
        """Return the same; others have their turn where that takes long."""
        if not self._hidden or _is_small(outputs):
            return self.outputs(outputs)
        return await asyncio.to_thread(self.outputs, outputs)

    async def result(self, result: Result) -> Result:
        """Return what a node that sees all its input returned, with stars for secrets."""
        if isinstance(result, Replied):
            return Replied(await self.outputs_aside(result.outputs), result.reply)
        return await self.outputs_aside(result) if isinstance(result, dict) else result

    def _item(self, item: Item) -> Item:
        try:
            masked: dict[str, Json] = self._value(item.json)
        except RecursionError:
            return item  # nested too deeply: refused before it is kept
        return item if masked == item.json else Item(masked, item.binary, item.source)

    def _value(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if isinstance(value, dict):
            return {self.text(name): self._value(each) for name, each in value.items()}
        if self._numbers and type(value) in (int, float) and value in self._numbers:
            return SHOWN
        return value


def _is_small(outputs: Outputs) -> bool:
    """Whether so little is in items that all its texts are looked through in a few milliseconds."""
    left = _SMALL
    open_: list[Json] = [item.json for items in outputs.values() for item in items[:_SMALL]]
    while open_ and left >= len(open_):
        value = open_.pop()
        if isinstance(value, str):
            left -= len(value) // _TEXT_IS_MORE
        elif isinstance(value, list):
            open_ += value[:_SMALL]
        elif isinstance(value, dict):
            open_ += itertools.islice(value.values(), _SMALL)
        left -= 1
    return not open_ and left >= 0


def _forms(value: str) -> set[str]:
    """Return a secret in all the forms in which others are likely to send it back."""
    if len(value) < SHORTEST:
        return set()
    in_addresses = {quote(value, safe=""), quote(value), quote_plus(value)}
    lower = {_ESCAPED.sub(lambda found: found[0].lower(), each) for each in in_addresses}
    in_pages = {html.escape(value), html.escape(value, quote=False)}
    plain = {value, *in_addresses, *lower, *in_pages, *_in_bytes(value.encode())}
    in_json = {_in_json(value), json.dumps(value)[1:-1]}
    in_json |= {each.replace("/", r"\/") for each in in_json}
    # JSON is often kept as text within JSON.
    return plain | in_json | {_in_json(each) for each in in_json}


def _numbers(value: str) -> set[int | float]:
    """Return the numbers as which others send back a secret that is one, as exactly as they may read it."""
    if not _NUMBER.fullmatch(value):
        return set()
    number = float(value)
    numbers = {number} if "." in value else {number, int(value)}
    return {each for each in numbers if abs(each) >= _SMALLEST_NUMBER}


def _in_bytes(value: bytes) -> set[str]:
    """Return it in hexadecimal and in both alphabets of base64: alone, and what stays the same of it behind other bytes."""
    forms = {value.hex(), value.hex().upper()}
    for encode in (b64encode, urlsafe_b64encode):
        alone = encode(value).decode()
        forms |= {alone, alone.rstrip("=")}
        for before in range(_GROUP):
            whole = (len(value) + before) // _GROUP * _DIGITS
            inner = encode(bytes(before) + value).decode()[before and before + 1 : whole]
            if len(inner) >= _SHORTEST_INNER:
                forms.add(inner)
    return forms


def _in_json(text: str) -> str:
    return orjson.dumps(text).decode()[1:-1]
