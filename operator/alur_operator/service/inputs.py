"""What a run asks of Alur, with the input that it names."""

from __future__ import annotations

from typing import Any

import orjson

from alur_operator.ports import Cluster, Object, RunWish
from alur_sdk.errors import InvalidError


def bare_wish(body: Object, given: list[dict[str, Any]] | None = None) -> RunWish:
    """Return the wish of a run with this input, which says nothing about the execution's id."""
    spec, metadata = body["spec"], body["metadata"]
    return RunWish(
        namespace=metadata["namespace"],
        workflow=spec["workflow"],
        key=metadata["uid"],
        input=given,
        start=spec.get("start"),
        version=spec.get("version"),
    )


async def read_input(cluster: Cluster, body: Object) -> list[dict[str, Any]] | None:
    """Return the items of a run. Raises `NotFoundError` and `ForbiddenError` of their key, `InvalidError` of what it holds."""
    source = body["spec"].get("inputFrom")
    if not source:
        given: list[dict[str, Any]] | None = body["spec"].get("input")
        return given
    is_secret = "secretKeyRef" in source
    reference = source["secretKeyRef" if is_secret else "configMapKeyRef"]
    plural = "secrets" if is_secret else "configmaps"
    namespace = body["metadata"]["namespace"]
    return _items(await cluster.read_key(plural, namespace, reference["name"], reference["key"]))


def _items(text: str) -> list[dict[str, Any]]:
    """Return the items that a text holds: one JSON object or a list of them. Raises `InvalidError`."""
    try:
        value = orjson.loads(text)
    except ValueError as error:
        raise InvalidError(f"the input is no JSON: {error}") from error
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in items):
        raise InvalidError("the input is a JSON object, or a list of them")
    return items
