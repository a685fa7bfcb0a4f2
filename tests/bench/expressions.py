"""What an expression costs, next to the Python that one would write by hand.

`python tests/bench/expressions.py` prints CPU time for each call and the ratio to the function by
hand. It ends with 1 when the path `$json.a.b` costs over half a microsecond more than its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import process_time

from alur_engine.expressions import Evaluator, Json, Scope

CALLS = 20_000
ROUNDS = 7
MOST_EXTRA_MICROS = 0.5
ITEM = {
    "a": {"b": 1},
    "n": 4,
    "i": 3,
    "text": "n is 12345",
    "name": "item",
    "list": list(range(100)),
}

ByHand = Callable[[Scope], Json]
CASES: list[tuple[str, ByHand]] = [
    ("{{ $json.a.b }}", lambda s: s.json["a"]["b"]),
    ("{{ $json.n + 1 }}", lambda s: s.json["n"] + 1),
    ("{{ $json.i % 2 === 0 }}", lambda s: s.json["i"] % 2 == 0),
    ("{{ $json.n > 100 }}", lambda s: s.json["n"] > 100),
    ("n is {{ $json.n }}", lambda s: f"n is {s.json['n']}"),
    (
        "{{ $json.text.slice(0, 20) }} {{ $json.n % 2 == 0 ? 'even' : 'odd' }}",
        lambda s: f"{s.json['text'][:20]} {'even' if s.json['n'] % 2 == 0 else 'odd'}",
    ),
    (
        "{{ $json.name.toUpperCase() + '-' + $json.i }}",
        lambda s: s.json["name"].upper() + "-" + str(s.json["i"]),
    ),
    (
        "{{ $json.name.replace('item', 'odd') }}",
        lambda s: s.json["name"].replace("item", "odd", 1),
    ),
    (
        "{{ $json.list.filter(x => x % 2 === 0).map(x => x * 2) }}",
        lambda s: [x * 2 for x in s.json["list"] if x % 2 == 0],
    ),
]


def micros(function: ByHand, scope: Scope) -> float:
    """Return the CPU time of one call in microseconds: the least of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = process_time()
        for _ in range(CALLS):
            function(scope)
        best = min(best, process_time() - start)
    return best / CALLS * 1e6


def main() -> int:
    """Print the table; return the exit code."""
    scope, evaluator = Scope(ITEM), Evaluator()
    extra = 0.0
    for text, by_hand in CASES:
        template = evaluator.template(text)
        if template(scope) != by_hand(scope):
            raise AssertionError(text)
        ours, theirs = micros(template, scope), micros(by_hand, scope)
        extra = extra or ours - theirs
        sys.stdout.write(f"{ours:8.3f} us  {ours / theirs:6.1f} x  {text}\n")
    sys.stdout.write(f"a path costs {extra:.3f} us more than by hand\n")
    return int(extra > MOST_EXTRA_MICROS)


if __name__ == "__main__":
    sys.exit(main())
