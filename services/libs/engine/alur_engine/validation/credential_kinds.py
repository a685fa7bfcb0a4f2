"""Which types of credentials a slot takes: what is no key for a lock is refused before it is tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alur_engine.catalogue import Catalogue, NodeType
from alur_engine.validation.drafts import Step, read_draft
from alur_engine.validation.suggestions import one_of
from alur_sdk.errors import Problem
from alur_sdk.hosts import is_within, plain_host

_WHOLE = 3
"""Slashes of an address whose host is written out."""
WEBHOOK_PROOFS: Mapping[str, tuple[str, ...]] = {
    "header": ("api-key", "bearer"),
    "basic": ("basic",),
    "hmac": ("hmac",),
    "jwt": ("jwt",),
}
"""The `auth.type` of a webhook -> the types of credentials that hold what it is checked against."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a credential: its type and the limits of its use, empty for none."""

    type: str
    domains: tuple[str, ...] = ()
    node_types: tuple[str, ...] = ()


def credential_problems(
    document: Mapping[str, Any], catalogue: Catalogue, held: Mapping[str, Held]
) -> Iterator[Problem]:
    """Yield each slot that names a credential which does not fit: by its type, or by the limits of its use.

    A credential that is not held is no problem yet: it may be set later, and is looked at again where it is used.
    """
    for step in read_draft(dict(document)).steps:
        kind = catalogue.find(step.type)
        for slot, name in step.credentials.items():
            found = held.get(str(name))
            if kind is None or found is None:
                continue
            wanted = _wanted(step, kind, slot)
            path = f"{step.path}.credentials.{slot}"
            if wanted and found.type not in wanted:
                message = f"the credential {name} is of type `{found.type}`; {_user(step)} takes {one_of(wanted)}"
                yield Problem(path, "credential-type", message)
            elif found.node_types and step.type not in found.node_types:
                message = (
                    f"the credential {name} may be used by {one_of(found.node_types)} only, not by `{step.type}`: "
                    "name another, or change the `allowedNodeTypes` of the credential"
                )
                yield Problem(path, "credential-use", message)
            elif found.domains:
                yield from _host_problems(step, kind, str(name), found.domains)


def _host_problems(
    step: Step, kind: NodeType, name: str, domains: Sequence[str]
) -> Iterator[Problem]:
    """Yield each address, as far as it is written out, to which the credential may not be sent."""
    for param, schema in kind.parameters.get("properties", {}).items():
        url = step.params.get(param)
        if schema.get("x-ui", {}).get("widget") != "url" or not isinstance(url, str):
            continue
        written, expression, _ = url.strip().partition("{{")
        host = plain_host(written)
        # The host is whole only where something stands behind it.
        if expression and (not host or written.count("/") < _WHOLE):
            continue
        if not is_within(host, domains):
            message = (
                f"the credential {name} may be sent to {', '.join(domains)} only, not to "
                f"{host or 'an address that is not written plainly'}: change the address, or the "
                "`allowedDomains` of the credential"
            )
            yield Problem(f"{step.path}.params.{param}", "credential-host", message)


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
