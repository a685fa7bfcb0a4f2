"""Workflow documents from files, folders and standard input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alur.options import read_file
from alur_sdk.errors import InvalidError, Problem

_ENDINGS = {".yaml", ".yml", ".json"}


@dataclass(frozen=True, slots=True)
class Source:
    """One document, and where it stood: `orders.yaml`, or `orders.yaml (2)` for the second in it."""

    place: str
    document: object
    text: str = ""
    """The whole text, where lines of it can be told: not when a list was taken apart."""
    index: int = 0

    @property
    def file(self) -> str:
        """The file that it stood in."""
        return self.place.removesuffix(f" ({self.index + 1})")

    @property
    def name(self) -> str | None:
        """The workflow's name, if the document has one."""
        found = self._metadata.get("name")
        return found if isinstance(found, str) and found else None

    @property
    def project(self) -> str | None:
        """The project that the document names."""
        found = self._metadata.get("namespace")
        return found if isinstance(found, str) and found else None

    @property
    def _metadata(self) -> dict[str, Any]:
        found = self.document.get("metadata") if isinstance(self.document, dict) else None
        return found if isinstance(found, dict) else {}


def read_sources(names: Sequence[str]) -> list[Source]:
    """Return all documents of files, folders (with those below) and `-`, lists taken apart.

    Raises `InvalidError` that names the file, and when there is none at all.
    """
    sources = [source for name in names for path in _files(name) for source in _read(path)]
    if not sources:
        raise InvalidError(f"{', '.join(names)}: no document in it")
    return sources


def problem_lines(source: Source, problems: Sequence[Problem]) -> list[str]:
    """Return how problems of a document are told: `orders.yaml:7: spec.nodes[0].type: message`."""
    from alur_engine.reading import lines_of  # noqa: PLC0415  # only a document with problems pays

    paths = [problem.path for problem in problems]
    lines = lines_of(source.text, source.index, paths) if source.text else {}
    return [_told(source, problem, lines.get(problem.path)) for problem in problems]


def _told(source: Source, problem: Problem, line: int | None) -> str:
    place = source.place if line is None else f"{source.file}:{line}"
    return ": ".join(filter(None, [place, problem.path, problem.message]))


def _files(name: str) -> Iterator[str]:
    path = Path(name)
    if name == "-" or not path.is_dir():
        yield name
        return
    found = sorted(p for p in path.rglob("*") if p.suffix in _ENDINGS and p.is_file())
    yield from map(str, found)


def _read(name: str) -> Iterator[Source]:
    from alur_engine.reading import read_documents  # noqa: PLC0415  # only commands with files pay

    place = "standard input" if name == "-" else name
    content = read_file(name)
    try:
        documents = read_documents(content)
    except InvalidError as error:
        if not error.problems:
            raise
        problems = [Problem(f.path, f.code, f"{place}: {f.message}") for f in error.problems]
        raise InvalidError(f"{place}: {error.message}", problems) from error
    flat = [one for document in documents for one in _members(document)]
    text = content.decode() if len(flat) == len(documents) else ""
    for index, document in enumerate(flat):
        numbered = place if index == 0 else f"{place} ({index + 1})"
        yield Source(numbered, document, text, index)


def _members(document: object) -> list[object]:
    """Take a `List`, as `kubectl get -o yaml` prints it, apart."""
    if isinstance(document, dict) and document.get("kind") in {"List", "WorkflowList"}:
        items = document.get("items")
        return items if isinstance(items, list) else []
    return [document]
