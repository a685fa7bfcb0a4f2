"""Python in parameters: whether Python's own parser takes it, as that of the run will."""

from __future__ import annotations

import ast
import warnings
from typing import Final

_KEPT_LINE: Final = 80


def python_fault(code: str) -> str | None:
    """Return where the body of a function is no Python and why, or None. It is read and no more, so nothing of it runs.

    What is nested too deeply for the parser here has no fault: its run judges it, as it does what only compiling tells.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python only frowns upon is no fault
            ast.parse(code)
    except SyntaxError as error:
        return _told(error, code)
    except ValueError as error:  # a character that no source may have
        return f"this is no Python: {error}"
    except (MemoryError, RecursionError):
        return None
    return None


def _told(error: SyntaxError, code: str) -> str:
    if error.lineno is None:
        return f"this is no Python: {error.msg}"
    # The column of an indentation is that of what comes after it, or of none: the line says it all.
    column = "" if isinstance(error, IndentationError) else f", column {max(error.offset or 1, 1)}"
    lines = code.split("\n")
    text = lines[error.lineno - 1].strip()[:_KEPT_LINE] if error.lineno <= len(lines) else ""
    shown = f", in `{text}`" if text else ""
    return f"line {error.lineno}{column}: {error.msg}{shown}"
