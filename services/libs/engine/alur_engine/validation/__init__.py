"""Validation of workflow documents: every fault of a document, each with its path."""

from __future__ import annotations

from alur_engine.validation.credential_kinds import WEBHOOK_PROOFS, Held, credential_problems
from alur_engine.validation.document_check import validate_document
from alur_engine.validation.doubts import find_doubts, variables_named
from alur_engine.validation.form import unknown_field
from alur_engine.validation.risks import NOTHING_SAID, Bounds, find_excess, find_risks

__all__ = [
    "NOTHING_SAID",
    "WEBHOOK_PROOFS",
    "Bounds",
    "Held",
    "credential_problems",
    "find_doubts",
    "find_excess",
    "find_risks",
    "unknown_field",
    "validate_document",
    "variables_named",
]
