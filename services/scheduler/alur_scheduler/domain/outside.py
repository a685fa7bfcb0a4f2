"""Events of outside producers: what their signature covers, what starts by them, and what they are as an item."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alur_common.events import OUTSIDE_DAYS, ExternalReceived
from alur_common.json_values import parse_json

OLDEST_SECONDS = OUTSIDE_DAYS * 86_400.0
"""A signed event that says an older time is refused: what it started may be forgotten by now."""


def signature_of(secret: str, event: ExternalReceived) -> str:
    """Return the signature: base64 of HMAC-SHA256 over id, source, type and time, each ended by a line feed, then the data."""
    covered = "".join(
        f"{part}\n" for part in (event.id, event.source, event.type, event.time)
    ).encode()
    digest = hmac.new(secret.encode(), covered + event.data, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def is_signed_by(secret: str, event: ExternalReceived) -> bool:
    """Return whether the event carries this producer's signature; takes the same time for every wrong one."""
    return hmac.compare_digest(signature_of(secret, event).encode(), event.signature.encode())


def age_of(event: ExternalReceived, now: float) -> float | None:
    """Return how many seconds ago the event says it happened, or None when it gives no time with a zone (RFC 3339)."""
    try:
        at = datetime.fromisoformat(event.time)
    except ValueError:
        return None
    return None if at.tzinfo is None else now - at.timestamp()


def fits(params: Mapping[str, Any], event: ExternalReceived) -> bool:
    """Return whether type, source and subject are those that a trigger asks for."""
    return all(
        _fits(str(params.get(name, "")), getattr(event, name))
        for name in ("type", "source", "subject")
    )


def _fits(pattern: str, text: str) -> bool:
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return not pattern or pattern == text


def item_of(event: ExternalReceived) -> dict[str, Any]:
    """Return the event in CloudEvents' JSON format (1.0.2). Raises `ValueError` for data that are not what they say."""
    item: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
        "datacontenttype": event.content_type,
    }
    item = {name: value for name, value in item.items() if value}
    if not event.data:
        return item
    kind = event.content_type.partition(";")[0].strip().lower()
    if kind in {"", "application/json"} or kind.endswith("+json"):
        return {**item, "data": parse_json(event.data)}
    if kind.startswith("text/"):
        return {**item, "data": event.data.decode()}
    return {**item, "data_base64": base64.b64encode(event.data).decode()}
