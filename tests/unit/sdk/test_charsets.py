"""Which character sets are read."""

from __future__ import annotations

import pytest

from alur_sdk.charsets import codec_of


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("UTF-8", "utf-8"), ("latin-1", "iso8859-1"), ("windows-1252", "cp1252"), ("Shift_JIS", "shift_jis")],
)  # fmt: skip
def test_sets_that_people_send_are_read(charset: str, codec: str) -> None:
    assert codec_of(charset) == codec


@pytest.mark.parametrize(
    "charset",
    ["punycode", "IDNA", "utf7", "unicode_escape", "raw-unicode-escape", "undefined", "zlib", "rot13", "base64",
     "nonsense", "", "a\0b", "\ud800"],
)  # fmt: skip
def test_what_is_slow_or_no_character_set_is_not_read(charset: str) -> None:
    assert codec_of(charset) is None
