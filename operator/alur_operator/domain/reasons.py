"""Why a condition is as it is: words that stay, for people and for tools."""

from __future__ import annotations

PUBLISHED = "Published"
SUSPENDED = "Suspended"
ACTIVE = "Active"
NO_TRIGGERS = "NoTriggers"
INVALID = "Invalid"
ADOPTION_REFUSED = "AdoptionRefused"
TOKEN_REFUSED = "TokenRefused"  # noqa: S105  # a reason
REGISTRY_UNAVAILABLE = "RegistryUnavailable"
CONFLICT = "Conflict"
DELETING = "Deleting"
CLEANUP_ABANDONED = "CleanupAbandoned"
SETTLED = "Settled"

PENDING = "Pending"
WORKFLOW_NOT_FOUND = "WorkflowNotFound"
WORKFLOW_PENDING = "WorkflowPending"
WORKFLOW_STALLED = "WorkflowStalled"
INPUT_NOT_FOUND = "InputNotFound"
INPUT_INVALID = "InputInvalid"
INPUT_FORBIDDEN = "InputForbidden"
TIMED_OUT = "TimedOut"
EXECUTION_GONE = "ExecutionGone"
NOT_FOLLOWED = "NotFollowed"
ALL = {
    PUBLISHED: "The active version is what was applied.",
    SUSPENDED: "`spec.suspend` is true: triggers rest.",
    ACTIVE: "Triggers start executions.",
    NO_TRIGGERS: "There are none; runs by hand and WorkflowRuns work.",
    INVALID: "Alur refused the document; the message names the path. Change it and apply again.",
    ADOPTION_REFUSED: "A workflow of this name exists that was made elsewhere. Annotate the object with "
    '`alur.dev/adopt: "true"` to take it over, or choose another name.',
    TOKEN_REFUSED: "Alur refuses the operator's token, or the token may not do this. See its scopes.",
    REGISTRY_UNAVAILABLE: "Alur does not answer; it is tried again.",
    CONFLICT: "Somebody else changed it at the same moment; it is tried again.",
    DELETING: "The object is being deleted.",
    CLEANUP_ABANDONED: "It was deleted without Alur's having been told, for it could not be reached.",
    SETTLED: "Nothing is being done.",
    PENDING: "It has not begun yet.",
    WORKFLOW_NOT_FOUND: "There is no such workflow or version in this namespace yet; it is looked for again.",
    WORKFLOW_PENDING: "The newest change of the Workflow is not active yet; the run begins once it is.",
    WORKFLOW_STALLED: "The Workflow is Stalled, and the message says why; the run begins once that is mended.",
    INPUT_NOT_FOUND: "The ConfigMap, the Secret or its key is not there yet; it is looked for again.",
    INPUT_INVALID: "The input is no JSON object or list of them, or Alur refused it.",
    INPUT_FORBIDDEN: "The operator may not read Secrets: set `operator.readSecrets` of the chart.",
    TIMED_OUT: "`spec.timeout` was over: the execution was cancelled, or it had not begun, and the message says why.",
    EXECUTION_GONE: "Alur no longer has the execution: its time of keeping was over, or somebody deleted it.",
    NOT_FOLLOWED: "What became of the run could not be told, and the message says why; it is tried again.",
}
"""Every reason of a condition and what it means; those of a run that ended are its phases."""
