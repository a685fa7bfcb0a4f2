"""Names of files that come from outside."""

from __future__ import annotations

import pytest

from alur_sdk.files import plain_file_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../a/b.txt", "b.txt"),
        ("c:\\a\\b.txt", "b.txt"),
        ("a\r\n\u202etxt.exe", "atxt.exe"),
        (" .hidden. ", "hidden"),
        ("a" * 300, "a" * 255),
        ("../", ""),
        (None, ""),
    ],
)
def test_a_name_from_outside_leads_nowhere_and_hides_nothing(given: object, kept: str) -> None:
    assert plain_file_name(given) == kept
