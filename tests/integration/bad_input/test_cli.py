"""What is no document is refused by the command line with 1, the place, and no traceback."""

from __future__ import annotations

import re
import time

import pytest

from tests.integration.bad_input.conftest import WRONG, many_nodes
from tests.support.alur_dev import AlurDev


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("command", ["apply", "validate"])
def test_what_is_wrong_is_told(platform: AlurDev, what: str, command: str) -> None:
    text, word = WRONG[what]
    done = platform.cli(command, "-f", "-", feed=text)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(word, done.stderr)
    assert "Traceback" not in done.stderr
    assert "should not happen" not in done.stderr


@pytest.mark.parametrize("command", ["apply", "validate"])
def test_a_hundred_thousand_nodes_are_counted_quickly(platform: AlurDev, command: str) -> None:
    text, begun = many_nodes(), time.monotonic()
    done = platform.cli(command, "-f", "-", feed=text)
    assert "standard input:1: spec.nodes: 100000 nodes, at most" in done.stderr
    assert time.monotonic() - begun < 6


def test_ten_megabytes_are_not_sent(platform: AlurDev) -> None:
    done = platform.cli("apply", "-f", "-", feed='{"a": "' + "x" * (10 * 1024 * 1024) + '"}')
    assert (done.returncode, "bytes, at most" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "no document"), ("[]", "metadata.name"), ("nonsense", "metadata.name"), ("a: [", "YAML")],
)
def test_what_is_not_even_close_is_told(platform: AlurDev, text: str, word: str) -> None:
    done = platform.cli("apply", "-f", "-", feed=text)
    assert (done.returncode, word in done.stderr) == (1, True)
