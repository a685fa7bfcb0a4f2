"""How long what broke waits before it is begun anew."""

from __future__ import annotations

from typing import Final

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 5.0
_STEPS: Final = 10
"""More doublings than lead to the longest; what is out of reach may be so for days."""


def pause_before(breaks: int) -> float:
    """Return the pause after so many breaks: doubled each time, up to the longest."""
    return min(FIRST_PAUSE_SECONDS * 2.0 ** min(breaks, _STEPS), LONGEST_PAUSE_SECONDS)
