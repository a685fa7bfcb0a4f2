"""What went wrong in a runner, as people read it."""

from __future__ import annotations

import pytest

from alur_jail.failures import failure


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("fetch is not defined", "; code has no network"),
        ("name 'open' is not defined", "; code has no files"),
        ("the module 'urllib.request' is not available in a code node; available are", "network"),
        ("setTimeout is not defined", "; code does not wait: use a core.wait node"),
        ("require is not defined", "; code in JavaScript loads no modules"),
    ],
)
def test_what_the_jail_lacks_is_told_with_what_does_it_instead(message: str, hint: str) -> None:
    told = failure(
        {"type": "Error", "message": message, "line": 1}, "the line", "it took 65 MiB"
    ).message
    assert told.startswith(f"Error: {message}")
    assert hint in told
    assert told.endswith(" (line 1): `the line`")


def test_a_name_that_nobody_expects_has_no_hint() -> None:
    told = failure(
        {"type": "ReferenceError", "message": "totl is not defined"}, "", "it took 65 MiB"
    ).message
    assert told == "ReferenceError: totl is not defined"


@pytest.mark.parametrize(
    "told", [{"type": "MemoryError"}, {"type": "InternalError", "message": "out of memory"}]
)
def test_code_that_used_too_much_memory_is_told_its_limit(told: dict[str, str]) -> None:
    assert failure(told, "", "it took 65 MiB").message == "the code was stopped: it took 65 MiB"
