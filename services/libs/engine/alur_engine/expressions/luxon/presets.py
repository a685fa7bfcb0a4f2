"""Luxon's presets: what `DateTime.DATE_FULL` and its like are, and the tokens that stand for them."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.values import Value


def _date(month: str, weekday: str = "") -> dict[str, Value]:
    parts: dict[str, Value] = {"year": "numeric", "month": month, "day": "numeric"}
    return parts | ({"weekday": weekday} if weekday else {})


def _time(*, seconds: bool = False, zone: str = "", is_24: bool = False) -> dict[str, Value]:
    parts: dict[str, Value] = {"hour": "numeric", "minute": "numeric"}
    parts |= {"second": "numeric"} if seconds else {}
    parts |= {"hourCycle": "h23"} if is_24 else {}
    return parts | ({"timeZoneName": zone} if zone else {})


PRESETS: Final[dict[str, dict[str, Value]]] = {
    "DATE_SHORT": _date("numeric"),
    "DATE_MED": _date("short"),
    "DATE_MED_WITH_WEEKDAY": _date("short", "short"),
    "DATE_FULL": _date("long"),
    "DATE_HUGE": _date("long", "long"),
    "TIME_SIMPLE": _time(),
    "TIME_WITH_SECONDS": _time(seconds=True),
    "TIME_WITH_SHORT_OFFSET": _time(seconds=True, zone="short"),
    "TIME_WITH_LONG_OFFSET": _time(seconds=True, zone="long"),
    "TIME_24_SIMPLE": _time(is_24=True),
    "TIME_24_WITH_SECONDS": _time(seconds=True, is_24=True),
    "TIME_24_WITH_SHORT_OFFSET": _time(seconds=True, zone="short", is_24=True),
    "TIME_24_WITH_LONG_OFFSET": _time(seconds=True, zone="long", is_24=True),
    "DATETIME_SHORT": _date("numeric") | _time(),
    "DATETIME_SHORT_WITH_SECONDS": _date("numeric") | _time(seconds=True),
    "DATETIME_MED": _date("short") | _time(),
    "DATETIME_MED_WITH_SECONDS": _date("short") | _time(seconds=True),
    "DATETIME_MED_WITH_WEEKDAY": _date("short", "short") | _time(),
    "DATETIME_FULL": _date("long") | _time(zone="short"),
    "DATETIME_FULL_WITH_SECONDS": _date("long") | _time(seconds=True, zone="short"),
    "DATETIME_HUGE": _date("long", "long") | _time(zone="long"),
    "DATETIME_HUGE_WITH_SECONDS": _date("long", "long") | _time(seconds=True, zone="long"),
}

MACROS: Final[dict[str, dict[str, Value]]] = {
    token: PRESETS[name]
    for token, name in {
        "D": "DATE_SHORT", "DD": "DATE_MED", "DDD": "DATE_FULL", "DDDD": "DATE_HUGE",
        "t": "TIME_SIMPLE", "tt": "TIME_WITH_SECONDS", "ttt": "TIME_WITH_SHORT_OFFSET",
        "tttt": "TIME_WITH_LONG_OFFSET", "T": "TIME_24_SIMPLE", "TT": "TIME_24_WITH_SECONDS",
        "TTT": "TIME_24_WITH_SHORT_OFFSET", "TTTT": "TIME_24_WITH_LONG_OFFSET",
        "f": "DATETIME_SHORT", "ff": "DATETIME_MED", "fff": "DATETIME_FULL", "ffff": "DATETIME_HUGE",
        "F": "DATETIME_SHORT_WITH_SECONDS", "FF": "DATETIME_MED_WITH_SECONDS",
        "FFF": "DATETIME_FULL_WITH_SECONDS", "FFFF": "DATETIME_HUGE_WITH_SECONDS",
    }.items()
}  # fmt: skip
