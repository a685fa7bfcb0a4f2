"""JSON Schema of each event's value, written by `python -m alur_common.kafka.schemas FOLDER`."""

from __future__ import annotations

import inspect
import json
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel, create_model

from alur_common.events import ExternalReceived
from alur_common.kafka.encoding import TYPE_PREFIX
from alur_common.kafka.topics import RETRIES, TOPICS, Topic, retry_topic

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BESIDE = ("key", "tenant")


def model_of(topic: Topic) -> type[BaseModel]:
    """Return what a record's value holds as a model: the event without its key and tenant, which stand beside it."""
    hints = get_type_hints(topic.event)
    wanted: dict[str, Any] = {
        field.name: (hints[field.name], ... if field.default is MISSING else field.default)
        for field in fields(topic.event)
        if field.name not in _BESIDE
    }
    return create_model(topic.event.__name__, __doc__=inspect.getdoc(topic.event), **wanted)


def schema_of(topic: Topic) -> dict[str, Any]:
    """Return the schema. Fields may be added, so others than those named are allowed; an outside event's data are anything."""
    if topic.event is ExternalReceived:
        described: dict[str, Any] = {
            "title": topic.event.__name__,
            "description": inspect.getdoc(topic.event),
        }
    else:
        described = model_of(topic).model_json_schema()
    return {
        "$schema": DIALECT,
        "$id": f"{topic.name}.schema.json",
        **described,
        "x-alur": _facts(topic),
    }


def _facts(topic: Topic) -> dict[str, Any]:
    is_ours = topic.event is not ExternalReceived
    return {
        "topic": topic.name,
        "type": TYPE_PREFIX + topic.name if is_ours else "the producer's own",
        "key": topic.key,
        "keptDays": topic.days,
        "groups": list(topic.groups),
        "retries": [retry_topic(topic.name, delay) for delay in RETRIES],
        "deadLetters": topic.dead_letters(),
    }


def breaks(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what a reader or writer of the earlier schema would stumble on: fields changed, gone, or newly demanded."""
    old, new = before.get("properties", {}), after.get("properties", {})
    told = [
        f"{name} is {'changed' if name in new else 'gone'}"
        for name in sorted(old)
        if _type(old[name]) != _type(new.get(name, {}))
    ]
    demanded = set(after.get("required", [])) - set(before.get("required", []))
    return [*told, *(f"{name} is demanded" for name in sorted(demanded))]


def _type(schema: dict[str, Any]) -> object:
    return schema.get("type") or schema.get("anyOf")


def write(folder: Path) -> None:
    """Write one file for each event, and remove those of events that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"{topic.name}.schema.json": schema_of(topic) for topic in TOPICS}
    for path in folder.glob("*.schema.json"):
        if path.name not in wanted:
            path.unlink()
    for name, schema in wanted.items():
        (folder / name).write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
