"""Expressions that are tried before they are saved, as services hand them to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Preview:
    """Scripts to try, each with whether it may change data, on a sample at a time in seconds since 1970."""

    scripts: list[tuple[str, bool]]
    sample: dict[str, Any]
    now: float
