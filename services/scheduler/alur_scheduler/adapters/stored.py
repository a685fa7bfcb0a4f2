"""The collections of the scheduler."""

from __future__ import annotations

from alur_common.documents.port import Collection

COLLECTIONS: tuple[Collection, ...] = ()
