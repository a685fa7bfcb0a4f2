"""Times as they are shown, whatever stands in the store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alur_common.security.records import rfc3339
from alur_gateway.adapters.grpc.structs import to_timestamp


@given(st.floats(allow_nan=False))
def test_every_number_of_seconds_can_be_shown(seconds: float) -> None:
    assert to_timestamp(rfc3339(seconds)) is not None


def test_times_are_shown_in_utc_to_the_millisecond() -> None:
    assert rfc3339(1_769_903_999.042) == "2026-01-31T23:59:59.042Z"
    assert rfc3339(1e18) == "9999-12-31T23:59:59.999Z"
