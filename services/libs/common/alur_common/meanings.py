"""The one table from error codes to what HTTP and gRPC answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code is on the wire: the HTTP status, the name of the gRPC status, the title."""

    status: int
    grpc: str
    title: str


MEANINGS: Mapping[str, Meaning] = {
    "malformed": Meaning(400, "INVALID_ARGUMENT", "The request cannot be read"),
    "invalid": Meaning(422, "INVALID_ARGUMENT", "The input is wrong"),
    "unauthenticated": Meaning(401, "UNAUTHENTICATED", "Not authenticated"),
    "forbidden": Meaning(403, "PERMISSION_DENIED", "Not allowed"),
    "csrf": Meaning(403, "PERMISSION_DENIED", "Not allowed"),
    "not-found": Meaning(404, "NOT_FOUND", "Not found"),
    "method-not-allowed": Meaning(405, "UNIMPLEMENTED", "Method not allowed"),
    "too-slow": Meaning(408, "DEADLINE_EXCEEDED", "The request took too long to arrive"),
    "exists": Meaning(409, "ALREADY_EXISTS", "It exists already"),
    "conflict": Meaning(409, "ABORTED", "Changed meanwhile"),
    "wrong-state": Meaning(409, "FAILED_PRECONDITION", "Not possible in this state"),
    "managed": Meaning(409, "FAILED_PRECONDITION", "Managed elsewhere"),
    "too-old": Meaning(410, "OUT_OF_RANGE", "Too long ago"),
    "stale": Meaning(412, "ABORTED", "Changed meanwhile"),
    "too-large": Meaning(413, "RESOURCE_EXHAUSTED", "Too large"),
    "unsupported-media-type": Meaning(415, "INVALID_ARGUMENT", "Unsupported content"),
    "idempotency-mismatch": Meaning(422, "ALREADY_EXISTS", "The key came with other content"),
    "precondition-required": Meaning(428, "FAILED_PRECONDITION", "Say which revision you saw"),
    "rate-limited": Meaning(429, "RESOURCE_EXHAUSTED", "Too many requests"),
    "execution-skipped": Meaning(429, "RESOURCE_EXHAUSTED", "As many run as the limit allows"),
    "headers-too-large": Meaning(431, "RESOURCE_EXHAUSTED", "Too many headers"),
    "internal": Meaning(500, "INTERNAL", "Something went wrong here"),
    "execution-failed": Meaning(500, "INTERNAL", "The execution failed"),
    "execution-cancelled": Meaning(500, "ABORTED", "The execution was cancelled"),
    "unavailable": Meaning(503, "UNAVAILABLE", "Not available now"),
    "storage": Meaning(503, "UNAVAILABLE", "The store cannot keep it now"),
    "expression": Meaning(422, "INVALID_ARGUMENT", "The expression failed"),
    "limit": Meaning(422, "RESOURCE_EXHAUSTED", "A limit was reached"),
    "limit-items": Meaning(422, "RESOURCE_EXHAUSTED", "Too many items"),
    "limit-bytes": Meaning(422, "RESOURCE_EXHAUSTED", "Too many bytes"),
    "limit-node-runs": Meaning(422, "RESOURCE_EXHAUSTED", "Too many node runs"),
    "limit-depth": Meaning(422, "RESOURCE_EXHAUSTED", "Nested too deeply"),
    "limit-steps": Meaning(422, "RESOURCE_EXHAUSTED", "Too many steps"),
    "limit-time": Meaning(422, "RESOURCE_EXHAUSTED", "It took too long"),
    "limit-memory": Meaning(422, "RESOURCE_EXHAUSTED", "Too much memory"),
}
_UNKNOWN = MEANINGS["internal"]


def meaning_of(code: str) -> Meaning:
    """Return what a code means on the wire; an unknown one is an internal error."""
    return MEANINGS.get(code, _UNKNOWN)
