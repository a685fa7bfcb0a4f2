"""The names by which Kubernetes knows what is ours."""

from __future__ import annotations

GROUP = "alur.dev"
VERSION = "v1alpha1"
MANAGER = "alur-operator"
FINALIZER = f"{GROUP}/cleanup"
ADOPT = f"{GROUP}/adopt"
"""On a Workflow, `true`: take over a workflow of this name that is there already."""
FORCE_DELETE = f"{GROUP}/force-delete"
"""On what is being deleted, `true`: let it go without asking Alur."""
UNSEEN = -1
"""The `observedGeneration` of an object that nobody has seen yet."""
IGNORED_ANNOTATIONS = (f"{GROUP}/", "kubectl.kubernetes.io/")
"""Annotations that say nothing about the workflow itself."""
WEBHOOK = f"workflows.{GROUP}"
"""The webhook in its ValidatingWebhookConfiguration."""
