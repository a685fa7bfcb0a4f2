"""`python -m tests.simulation [--seeds N] [--seed ONE]`: many seeds, or one with what happened in it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation import cases, faults
from tests.simulation.run import be_quiet, play, run_many, simulate
from tests.simulation.telling import told

CHUNK = 500


def _chunk(start: int) -> dict[int, list[str]]:
    be_quiet()
    return run_many(range(start, start + CHUNK))


def _many(seeds: int) -> int:
    begun, failed = time.monotonic(), 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(_chunk, range(0, seeds, CHUNK)):
            for seed, broken in found.items():
                failed += 1
                sys.stdout.write(f"seed {seed}: {'; '.join(broken)}\n")
    took = time.monotonic() - begun
    sys.stdout.write(f"{seeds} seeds in {took:.0f} s, {failed} with a promise broken\n")
    return 1 if failed else 0


def _one(seed: int) -> int:
    be_quiet()
    sys.stdout.write(f"{faults.drawn(seed)}\n{cases.drawn(seed)}\n")
    with told() as lines:
        seen = play(cases.drawn(seed), faults.drawn(seed), seed)
    sys.stdout.write("\n".join([*lines, *map(str, seen.ended.items())]) + "\n")
    broken = simulate(seed)
    sys.stdout.write("\n".join(broken or ["every promise holds"]) + "\n")
    return 1 if broken else 0


def main() -> int:
    """Run what the arguments say; return 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many to run")
    parser.add_argument("--seed", type=int, help="the one to run and to tell about")
    given = parser.parse_args()
    return _many(given.seeds) if given.seed is None else _one(given.seed)


if __name__ == "__main__":
    sys.exit(main())
