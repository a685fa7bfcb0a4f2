"""The same attacks on the second engine: one request to the jail holds many of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from alur_jail import Ears, RunLimits
from alur_sdk.errors import AlurError
from tests.fuzz.expressions import DATA, script_for_the_jail
from tests.support.canary import Canary
from tests.support.jail import MIB, Cell


async def broken_in_the_jail(cell: Cell, sources: Sequence[str], canary: Canary) -> list[str]:
    """Return what of the host stands in what the jail answers.

    One that never ends, or spoils what is built in, ends its batch and nothing else.
    """
    scripts = [made for source in sources if (made := script_for_the_jail(canary.named(source)))]
    request = {
        "sources": scripts,
        "items": [{"json": DATA}],
        "indexes": [0],
        "now_ms": 0,
        "time_zone": "UTC",
    }
    ears = Ears(lambda _what, _details: None, cell.lines.append)
    try:
        told = await cell.jail.run("fuzz", "expressions", request, RunLimits(5, 128 * MIB), ears)
    except AlurError as error:
        told = error.message
    outcomes = json.dumps(told)
    return [*canary.heard_in(outcomes + str(cell.lines)), *_of_the_host(outcomes)]


def _of_the_host(outcomes: str) -> list[str]:
    return [each for each in ("alur_engine", "/python/lib", "site-packages") if each in outcomes]
