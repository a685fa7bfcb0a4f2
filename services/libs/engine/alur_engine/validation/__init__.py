"""Validation of workflow documents: every fault of a document, each with its path."""

from __future__ import annotations

from alur_engine.validation.document_check import validate_document

__all__ = ["validate_document"]
