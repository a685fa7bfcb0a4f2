"""ISO 8601 durations without years and months."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

_ISO = re.compile(
    r"^P(?=[0-9T])(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,10}(?:\.\d{1,9})?)S)?)?$",
    re.ASCII,
)
_SPOKEN = re.compile(
    r"\s*(\d{1,6})\s*(?:(w)(?:eeks?)?|(d)(?:ays?)?|(h)(?:(?:ou)?rs?)?|(m)(?:in(?:ute)?s?)?|(s)(?:ec(?:ond)?s?)?)\s*",
    re.ASCII | re.IGNORECASE,
)
LONGEST_SECONDS = 100 * 365.25 * 86_400
"""A century: what is longer is a slip of units, and would end beyond the years that a date can have."""
LONGEST_TOLD = "a century (P36525D)"
_UNIT_SECONDS = (604_800.0, 86_400.0, 3_600.0, 60.0, 1.0)
PATTERN = (
    r"^P(?=[0-9T])(\d{1,6}W)?(\d{1,6}D)?(T(?=\d)(\d{1,8}H)?(\d{1,8}M)?(\d{1,10}(\.\d{1,9})?S)?)?$"
)


@lru_cache(maxsize=1024)
def duration_seconds(text: str) -> float:
    """Return the seconds of an ISO 8601 duration (`PT1H30M`, `P7D`). Raises `ValueError` on other text, and beyond a century."""
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text[:40]!r} is no ISO 8601 duration without years and months, {_meant(text)}"
        )
    counts = zip(match.groups(), _UNIT_SECONDS, strict=True)
    seconds = sum(float(count) * unit for count, unit in counts if count)
    if seconds > LONGEST_SECONDS:
        raise ValueError(f"{text[:40]!r} is longer than {LONGEST_TOLD}")
    return seconds


def _meant(text: str) -> str:
    """Return how the duration that people write elsewhere (`30s`, `5 minutes`) is written here, else examples."""
    spoken = _SPOKEN.fullmatch(text)
    if spoken is None:
        return "such as PT30S, PT5M or P7D"
    count, *units = spoken.groups()
    unit = next(filter(None, units)).upper()
    return f"here it is {'P' if unit in 'WD' else 'PT'}{count}{unit}"


def _checked(text: str) -> str:
    duration_seconds(text)
    return text


Duration = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "format": "duration", "pattern": PATTERN, "maxLength": 64}),
]
"""An ISO 8601 duration, kept as written; `duration_seconds` reads it."""
