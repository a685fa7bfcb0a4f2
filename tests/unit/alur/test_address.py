from __future__ import annotations

import pytest

from alur.dev.running import address_here


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("alur.example", "http://alur.example:8080"),
        ("::1", "http://[::1]:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),  # noqa: S104  # nothing listens
        ("::", "http://[::1]:8080"),
    ],
)
def test_an_address_is_one_that_a_browser_opens(host: str, address: str) -> None:
    assert address_here(host, 8080) == address
