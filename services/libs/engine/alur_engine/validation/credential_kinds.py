"""Which types of credentials a slot takes: what is no key for a lock is refused before it is tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alur_engine.catalogue import Catalogue, NodeType
from alur_engine.validation.drafts import Step, read_draft
from alur_engine.validation.suggestions import one_of
from alur_sdk.errors import Problem

WEBHOOK_PROOFS: Mapping[str, tuple[str, ...]] = {
    "header": ("api-key", "bearer"),
    "basic": ("basic",),
    "hmac": ("hmac",),
    "jwt": ("jwt",),
}
"""The `auth.type` of a webhook -> the types of credentials that hold what it is checked against."""


def credential_problems(
    document: Mapping[str, Any], catalogue: Catalogue, held: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield each slot that names a credential of a type which it does not take. `held` is name -> type.

    A credential that is not held is no problem yet: it may be set later, and is looked at again where it is used.
    """
    for step in read_draft(dict(document)).steps:
        kind = catalogue.find(step.type)
        for slot, name in step.credentials.items():
            found = held.get(str(name))
            wanted = () if kind is None else _wanted(step, kind, slot)
            if wanted and found is not None and found not in wanted:
                message = f"the credential {name} is of type `{found}`; {_user(step)} takes {one_of(wanted)}"
                yield Problem(f"{step.path}.credentials.{slot}", "credential-type", message)


def _wanted(step: Step, kind: NodeType, slot: str) -> tuple[str, ...]:
    return WEBHOOK_PROOFS.get(_proof(step), kind.credentials.get(slot, ()))


def _user(step: Step) -> str:
    proof = _proof(step)
    return f"a webhook with `auth` of type `{proof}`" if proof else f"`{step.type}`"


def _proof(step: Step) -> str:
    auth = step.params.get("auth")
    if step.type != "trigger.webhook" or not isinstance(auth, dict):
        return ""
    return str(auth.get("type", ""))
