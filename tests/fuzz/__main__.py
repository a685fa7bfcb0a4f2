"""`python -m tests.fuzz [--seconds N] [--seed FIRST]`: attacks on expressions, round after round, each by its own seed.

It ends with 1 and the smallest attack that reached something, or that the compiler could not take.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz.expressions import load_all
from tests.fuzz.rounds import play
from tests.support.canary import Canary
from tests.support.jail import cell

EXAMPLES = 2_000


async def _rounds(seconds: float, number: int, canary: Canary) -> int:
    begun, first = time.monotonic(), number
    async with cell() as made:
        while time.monotonic() - begun < seconds:
            try:
                await play(number, EXAMPLES, made, canary)
            except Exception:  # noqa: BLE001  the outermost loop: whatever it is, it was found
                sys.stdout.write(f"seed {number}:\n{traceback.format_exc()}\n")
                return 1
            number += 1
    took = time.monotonic() - begun
    sys.stdout.write(
        f"{(number - first) * EXAMPLES} attacks in {took:.0f} s, none of them came to anything\n"
    )
    return 0


def main() -> int:
    """Attack for as long as the arguments say; return 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long, at least one round")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="that of the first round"
    )
    given = parser.parse_args()
    load_all()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_rounds(given.seconds, given.seed, Canary.placed(Path(folder))))


if __name__ == "__main__":
    sys.exit(main())
