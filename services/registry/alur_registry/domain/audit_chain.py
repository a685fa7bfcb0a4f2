"""The audit log as a chain: each row's hash covers the row before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import orjson

from alur_common.security.records import AuditRow

START = "0" * 64
"""What the first row has for the hash of the row before it."""


def chained(
    previous: tuple[int, str],
    *,
    tenant: str,
    at: float,
    user: str,
    via: str,
    action: str,
    resource: str,
    project: str | None,
    target: str,
    details: Mapping[str, Any],
) -> AuditRow:
    """Return the row that follows `previous` (its number and hash)."""
    row = AuditRow(
        tenant=tenant,
        number=previous[0] + 1,
        at=at,
        user=user,
        via=via,
        action=action,
        resource=resource,
        project=project,
        target=target,
        details=dict(details),
        previous=previous[1],
        hash="",
    )
    return replace(row, hash=row_hash(row))


def row_hash(row: AuditRow) -> str:
    """Return the SHA-256 of the row without its hash, keys in order."""
    content = {
        field.name: getattr(row, field.name) for field in fields(row) if field.name != "hash"
    }
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def first_bad(rows: Iterable[AuditRow], previous: tuple[int, str]) -> int | None:
    """Return the number of the first row that was altered, moved, or follows a missing one; None when all hold."""
    number, known = previous
    for row in rows:
        number += 1
        if row.number != number or row.previous != known or row.hash != row_hash(row):
            return number
        known = row.hash
    return None
