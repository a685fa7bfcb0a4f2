"""Where in a text the parts of its documents stand."""

from __future__ import annotations

from collections.abc import Iterator

from alur_engine.reading.limits import child_path


def line_of(text: str, document: int, path: str) -> int | None:
    """Return the line (from 1) of a document's part, or of the nearest part around it; None when it cannot be told.

    `document` counts those of the text that are not empty, from 0. JSON is read as the YAML it is.
    """
    import yaml  # noqa: PLC0415  # only who tells a problem pays

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = [node for node in yaml.compose_all(text, Loader=loader) if not _is_empty(node)]
    except (yaml.YAMLError, RecursionError):
        return None
    if document >= len(found):
        return None
    node: object = found[document]
    here, line = "", None
    while here != path:
        step = next((s for s in _members(node, here) if _leads_to(s[0], path)), None)
        if step is None:
            break
        here, line, node = step
    return line


def _is_empty(node: object) -> bool:
    return node is None or getattr(node, "tag", "") == "tag:yaml.org,2002:null"


def _members(node: object, path: str) -> Iterator[tuple[str, int, object]]:
    """Yield path, line and node of each member; a field's line is that of its name."""
    kind, value = getattr(node, "id", ""), getattr(node, "value", ())
    if kind == "mapping":
        for key, member in value:
            yield child_path(path, str(key.value)), key.start_mark.line + 1, member
    elif kind == "sequence":
        for index, member in enumerate(value):
            yield child_path(path, index), member.start_mark.line + 1, member


def _leads_to(path: str, wanted: str) -> bool:
    return wanted == path or (wanted.startswith(path) and wanted[len(path)] in ".[")
