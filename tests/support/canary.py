"""What code of a user must never get at: a file, a variable of the environment, a process; and how it is told."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alur_engine.expressions.values import Special, Undefined

_IN_THE_FILE, _IN_THE_ENVIRONMENT = "a-canary-in-a-file", "a-canary-in-the-environment"
_PLACE = "CANARY_PATH"
_OF_A_HOST = ("uid=", "root:x:0", _IN_THE_FILE, _IN_THE_ENVIRONMENT)
_OF_PYTHON = re.compile(r"<(function|class|module|built-in|bound method|frame|code) |Traceback")
_PLAIN = (type(None), bool, int, float, str)


@dataclass(frozen=True)
class Canary:
    """A file and a variable of this very process."""

    file: Path

    @classmethod
    def placed(cls, folder: Path) -> Canary:
        """Write the file and set the variable, which is to be taken away again by the caller."""
        file = folder / "canary"
        file.write_text(_IN_THE_FILE)
        os.environ["CANARY"] = _IN_THE_ENVIRONMENT
        return cls(file)

    def named(self, text: str) -> str:
        """Return an attempt that names the file."""
        return text.replace(_PLACE, str(self.file))

    def heard_in(self, told: str) -> list[str]:
        """Return what of the host stands in an answer; the file is as it was, else it is named too."""
        found = [each for each in _OF_A_HOST if each in told]
        is_whole = self.file.read_text() == _IN_THE_FILE
        return found if is_whole else [*found, "the file was changed"]


def strangers_in(value: Any) -> list[str]:  # noqa: ANN401  # whatever an expression came to
    """Return the types within a value of an expression that are none of its language."""
    if isinstance(value, dict):
        keys = [f"a key of {type(key).__name__}" for key in value if type(key) is not str]
        return keys + [found for each in value.values() for found in strangers_in(each)]
    if isinstance(value, list):
        return [found for each in value for found in strangers_in(each)]
    if isinstance(value, str) and _OF_PYTHON.search(value):
        return [value[:80]]
    if type(value) in _PLAIN or isinstance(value, Undefined | Special):
        return []
    return [type(value).__name__]
