"""The trigger `trigger.error`."""

from __future__ import annotations

from alur_sdk import Params, TriggerNode


class ErrorParams(Params):
    """Nothing to set."""


class Error(TriggerNode[ErrorParams]):
    """Start when an execution of a workflow that names this one as its `errorWorkflow` fails.

    The item is a summary of the failed execution: which workflow, which node, and why.
    """

    label = "When a workflow fails"
    icon = "alert-triangle"
