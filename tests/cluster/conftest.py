"""The cluster that all of these tests speak to."""

from __future__ import annotations

from tests.support.cluster import kubernetes

__all__ = ["kubernetes"]
