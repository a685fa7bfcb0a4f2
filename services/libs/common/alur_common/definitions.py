"""Workflows and versions as services hand them to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alur_sdk.errors import ManagedError, Problem

KUBERNETES = "kubernetes"
"""Who manages a workflow that is an object of a cluster."""


@dataclass(frozen=True, slots=True)
class WorkflowRecord:
    """A workflow with its active version. `document` is the workflow document as saved; never changed in place."""

    tenant: str
    project: str
    name: str
    uid: str
    version: int
    document: dict[str, Any]
    revision: int
    hook_id: str
    """128 random bits in hex: the part of the webhook address that nobody guesses."""
    created_at: float
    updated_at: float
    activated_at: float
    """When the active version became so, in seconds since 1970: `every` counts from here."""
    managed_by: str = ""

    @property
    def is_suspended(self) -> bool:
        """Triggers rest."""
        return bool(self.document["spec"].get("suspend", False))


def check_manager(known: WorkflowRecord, managed_by: str) -> None:
    """Raise `ManagedError` where Kubernetes manages the workflow and it is not Kubernetes that asks."""
    if known.managed_by == KUBERNETES != managed_by:
        raise ManagedError(
            f"{known.name} is managed by Kubernetes: change it with `kubectl edit workflow.alur.dev/{known.name} "
            f"-n {known.project}`, or save a copy under another name",
            workflow=known.name,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a document, and what is risky or doubtful in one that is sound."""

    problems: list[Problem]
    warnings: list[Problem]


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """What the editor has not published yet; `document` need not be valid."""

    tenant: str
    project: str
    name: str
    document: dict[str, Any]
    changed_by: str
    revision: int = 0
    base: int = 0
    """The revision of the workflow that it was drawn on; 0: nobody said."""
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One immutable version of a workflow."""

    tenant: str
    project: str
    name: str
    uid: str
    version: int
    document: dict[str, Any]
    created_at: float
    created_by: str = ""
