"""Which revision of a workflow a document was written by: what an older one says is never written over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FOLLOWED = "workflow_revision"


def followed(document: Mapping[str, Any]) -> int:
    """Return the revision of the workflow that the document follows; 0 when it was written before that was kept."""
    revision: int = document.get(FOLLOWED, 0)
    return revision
