"""What `instanceof` knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.luxon.duration import Duration
from alur_engine.expressions.luxon.interval import Interval
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.regexes.value import JsRegExp
from alur_engine.expressions.values import Function, JsError, JsMap, JsSet, Special

INSTANCES: Final[Mapping[str, tuple[type, ...]]] = {
    "Array": (list,),
    "Date": (JsDate,),
    "DateTime": (DateTime,),
    "Duration": (Duration,),
    "Error": (JsError,),
    "Function": (Function,),
    "Interval": (Interval,),
    "Map": (JsMap,),
    "Object": (dict, list, Special),
    "RegExp": (JsRegExp,),
    "Set": (JsSet,),
    "Boolean": (),
    "Number": (),
    "String": (),
}
