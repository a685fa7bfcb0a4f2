"""Reading documents: YAML or JSON text from outside, into plain JSON values and nothing else."""

from __future__ import annotations

from alur_engine.reading.json_text import read_json, repeated_keys
from alur_engine.reading.limits import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_REPORTED,
    MAX_VALUES,
    unfit_values,
)
from alur_engine.reading.places import lines_of
from alur_engine.reading.writing import write_yaml
from alur_engine.reading.yaml_text import read_yaml
from alur_sdk.errors import InvalidError, Problem, TooLargeError

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_REPORTED",
    "MAX_VALUES",
    "lines_of",
    "read_documents",
    "repeated_keys",
    "unfit_values",
    "write_yaml",
]


def read_documents(text: str | bytes, *, limit: int = MAX_BYTES) -> list[object]:
    """Return the documents of a text: one of JSON, or any number of YAML, empty ones left out.

    Only what JSON can say comes back: dict with text keys, list, str, int (64 bits), finite float, bool, None. YAML is read
    by the core schema of YAML 1.2 (`yes` and `12:30` are text). Raises `InvalidError` whose problems carry the path or the
    line, `TooLargeError` above `limit` bytes.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(content) > limit:
        raise TooLargeError(f"the document has {len(content)} bytes, at most {limit} are read")
    decoded = _decode(content)
    documents = _read(decoded)
    for index, document in enumerate(documents):
        if problems := unfit_values(document):
            prefix = "" if index == 0 else f"document {index + 1}: "
            raise InvalidError(f"{prefix}{problems[0].message}", problems)
    return documents


def _read(text: str) -> list[object]:
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return [read_json(text)]
        except ValueError as wrong_json:
            try:
                return read_yaml(text)
            except InvalidError:
                message = f"neither JSON nor YAML: {wrong_json}"
                raise InvalidError(message, [Problem("", "syntax", message)]) from wrong_json
    return read_yaml(text)


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"line {line}: the text is not UTF-8 (byte {error.start})"
        raise InvalidError(message, [Problem("", "encoding", message)]) from error
