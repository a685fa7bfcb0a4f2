"""How kopf knows what was handled: by a hash in the status, so that telling of it costs no patch of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import kopf

from alur_operator.domain.names import UNSEEN
from alur_operator.domain.plan import fingerprint


class HandledHash(kopf.DiffBaseStorage):
    """The hash of what an object says, in `status.observedHash`. Objects whose spec is fixed have their generation.

    kopf's own way, a copy of the object in an annotation, does not fit large workflows, and costs a second patch. Whoever
    changes the hash makes the operator look again, which is harmless.
    """

    def build(
        self,
        *,
        body: kopf.Body,
        extra_fields: Iterable[Any] | None = None,  # noqa: ARG002  # kopf's
    ) -> kopf.BodyEssence:
        return cast(kopf.BodyEssence, {"hash": _hash(body)})

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        known = _known(body)
        return None if known is None else cast(kopf.BodyEssence, {"hash": known})

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Do nothing: the handlers write the hash with the rest of the status."""


def _hash(body: kopf.Body) -> str:
    if body.get("kind") == "Workflow":
        return fingerprint(body)
    return str(body["metadata"].get("generation"))


def _known(body: kopf.Body) -> str | None:
    status = body.get("status") or {}
    if body.get("kind") == "Workflow":
        return status.get("observedHash")
    seen = status.get("observedGeneration")
    return None if seen in {None, UNSEEN} else str(seen)
