"""Times as they are shown, whatever stands in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alur_gateway.adapters.grpc.structs import to_timestamp
from alur_sdk.instants import rfc3339

UNTIL_2100 = 4_102_444_800_000
"""Milliseconds since 1970."""


@given(st.floats(allow_nan=False))
def test_every_number_of_seconds_can_be_shown(seconds: float) -> None:
    assert to_timestamp(rfc3339(seconds)) is not None


def test_times_are_shown_in_utc_to_the_millisecond() -> None:
    assert rfc3339(1_769_903_999.042) == "2026-01-31T23:59:59.042Z"
    assert rfc3339(1e18) == "9999-12-31T23:59:59.999Z"


@given(st.integers(0, UNTIL_2100))
def test_a_time_is_shown_as_the_calendar_says(milliseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    shown = rfc3339(milliseconds / 1000)
    assert shown == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
