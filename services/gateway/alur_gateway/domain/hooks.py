"""Webhook triggers of one workflow, made ready once a version so that a request costs little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alur_gateway.domain.errors import MethodError
from alur_gateway.domain.signatures import Proof, proof_of
from alur_sdk.errors import NotFoundError

WEBHOOK = "trigger.webhook"
DEFAULT_MAX_BODY = 1024 * 1024
IDEMPOTENCY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook trigger. `segments` of its path; those that begin with `:` are parameters."""

    trigger: str
    segments: tuple[str, ...]
    methods: frozenset[str]
    respond: str
    """`accepted`, `result` or `node`."""
    whole_result: bool
    proof: Proof | None
    """What the caller must show; None: nothing."""
    credential: str | None
    idempotency_header: bytes
    max_body: int


@dataclass(frozen=True, slots=True)
class Hooks:
    """All webhook triggers of one version; `fixed` finds those without parameters by their path."""

    all: tuple[Hook, ...]
    fixed: Mapping[str, tuple[Hook, ...]]

    def find(self, method: str, path: str) -> tuple[Hook, dict[str, str]]:
        """Return the hook and the parameters in its path.

        A path without parameters wins over one with. Raises `NotFoundError`, or `MethodError` when only
        the method is wrong.
        """
        path = path.strip("/")
        candidates: list[tuple[Hook, dict[str, str]]] = [
            (hook, {}) for hook in self.fixed.get(path, ())
        ]
        for hook, _ in candidates:
            if method in hook.methods:
                return hook, {}
        candidates += _by_pattern(self.all, path)
        for hook, params in candidates:
            if method in hook.methods:
                return hook, params
        if candidates:
            allow = ", ".join(sorted({m for hook, _ in candidates for m in hook.methods}))
            raise MethodError(f"this webhook takes {allow}", allow)
        raise NotFoundError("no webhook has this address")


def hooks_of(document: Mapping[str, Any]) -> Hooks:
    """Return the webhook triggers of a workflow document that are not disabled."""
    hooks = [
        _hook(trigger)
        for trigger in document["spec"].get("triggers", ())
        if trigger["type"] == WEBHOOK and not trigger.get("disabled", False)
    ]
    fixed: dict[str, tuple[Hook, ...]] = {}
    for hook in hooks:
        if not any(segment.startswith(":") for segment in hook.segments):
            path = "/".join(hook.segments)
            fixed[path] = (*fixed.get(path, ()), hook)
    return Hooks(tuple(hooks), fixed)


def _hook(trigger: Mapping[str, Any]) -> Hook:
    params = trigger.get("params", {})
    path = str(params.get("path", "")).strip("/")
    auth = params.get("auth") or {}
    return Hook(
        trigger=trigger["name"],
        segments=tuple(path.split("/")) if path else (),
        methods=frozenset(method.upper() for method in params.get("methods", ["POST"])),
        respond=params.get("respond", "accepted"),
        whole_result=params.get("result", "first") == "all",
        proof=proof_of(auth),
        credential=trigger.get("credentials", {}).get("auth"),
        idempotency_header=str(params.get("idempotencyHeader", IDEMPOTENCY_HEADER))
        .lower()
        .encode("latin-1", "replace"),
        max_body=int(params.get("maxBody", DEFAULT_MAX_BODY)),
    )


def _by_pattern(hooks: Sequence[Hook], path: str) -> list[tuple[Hook, dict[str, str]]]:
    segments = path.split("/") if path else []
    found = []
    for hook in hooks:
        params = _matched(hook.segments, segments)
        if params:
            found.append((hook, params))
    return found


def _matched(pattern: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    params: dict[str, str] = {}
    for wanted, given in zip(pattern, segments, strict=True):
        if wanted.startswith(":") and given:
            params[wanted[1:]] = given
        elif wanted != given:
            return None
    return params
