"""GitHub as a sender of webhooks: its payloads, and how it signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

PAYLOADS = Path(__file__).parents[1] / (
    "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
)
SECRET = "it's a Secret to Everybody"  # noqa: S105  # GitHub's own published test secret


class Delivery(NamedTuple):
    """One delivery: the event's name, its id, and the payload."""

    event: str
    id: str
    payload: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The bytes that GitHub sends and signs."""
        return json.dumps(self.payload, separators=(",", ":")).encode()

    def headers(self, secret: str = SECRET) -> dict[str, str]:
        """The headers that GitHub sends, signed with `secret`."""
        return {
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/044aadd",
            "x-github-event": self.event,
            "x-github-delivery": self.id,
            "x-hub-signature-256": f"sha256={sign(self.body, secret)}",
        }


def sign(body: bytes, secret: str) -> str:
    """Return the hexadecimal HMAC-SHA256 of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@cache
def deliveries() -> tuple[Delivery, ...]:
    """Return all of GitHub's published example payloads, as deliveries with ids of their own."""
    assert PAYLOADS.exists(), "the payloads are missing: `make tests/node_modules/.installed`"
    events = json.loads(PAYLOADS.read_text())
    return tuple(
        Delivery(event["name"], f"{event['name']}-{number}", payload)
        for event in events
        for number, payload in enumerate(event["examples"])
    )
