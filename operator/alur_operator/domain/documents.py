"""The custom resources beyond the workflow document: what a run asks for, and what the operator tells of both."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from alur_engine.document import MAX_NODES, MAX_TRIGGERS, Label, Model, Name
from alur_engine.durations import Duration
from alur_operator.domain.names import UNSEEN

MAX_OUTPUT_BYTES = 65_536
MAX_OUTPUT_ITEMS = 10_000
MAX_MESSAGE = 1_024
MAX_VERSION = 2**31 - 1
MAX_GENERATION = 2**53 - 1
"""The largest that every reader of JSON keeps (RFC 8259, section 6)."""
Phase = Literal["Pending", "Running", "Waiting", "Succeeded", "Failed", "Cancelled", "InDoubt"]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time", "maxLength": 64})]
Message = Annotated[str, StringConstraints(max_length=MAX_MESSAGE)]
Id = Annotated[str, StringConstraints(max_length=64)]
ObjectName = Annotated[str, StringConstraints(min_length=1, max_length=253)]
DataKey = Annotated[str, StringConstraints(min_length=1, max_length=253)]


class KeyRef(Model):
    """One key of an object in the same namespace; it holds a JSON object, or a list of them."""

    name: ObjectName = Field(description="The object.")
    key: DataKey = Field(description="Its key.")


class InputFrom(Model):
    """Where the input is read: exactly one place."""

    config_map_key_ref: KeyRef | None = Field(default=None, description="A key of a ConfigMap.")
    secret_key_ref: KeyRef | None = Field(
        default=None, description="A key of a Secret; the operator must be allowed to read it."
    )


class RunSpec(Model):
    """What to run. It cannot be changed, but for the time to live."""

    workflow: Label = Field(description="The workflow, in the same namespace.")
    version: int | None = Field(
        default=None, ge=1, le=MAX_VERSION, description="Absent: the active one."
    )
    input: tuple[dict[str, Any], ...] | None = Field(
        default=None, max_length=1_000, description="The items, JSON objects. Absent: an empty one."
    )
    input_from: InputFrom | None = Field(default=None, description="Read the input elsewhere.")
    start: Name | None = Field(default=None, description="The trigger or node where it enters.")
    timeout: Duration | None = Field(
        default=None,
        description="After it the execution is cancelled and the run has failed. "
        "It counts from the run's creation while that waits to begin, then from its beginning.",
    )
    ttl_after_finished: Duration | None = Field(
        default=None, description="So long after its end the run is deleted. Absent: it stays."
    )


class Condition(Model):
    """One claim about the object (metav1.Condition)."""

    type: Annotated[str, StringConstraints(max_length=316)] = Field(description="The claim.")
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1_024)] = Field(
        description="Why, in one CamelCase word that stays."
    )
    message: Annotated[str, StringConstraints(max_length=32_768)] = Field(
        default="", description="Why, for people."
    )
    last_transition_time: Time = Field(description="When the status last changed.")
    observed_generation: int | None = Field(
        default=None,
        ge=0,
        le=MAX_GENERATION,
        description="The generation that it tells about.",
    )


class LastExecution(Model):
    """The latest execution, as of at most half a minute ago."""

    id: Id = Field(description="Its id.")
    phase: Phase = Field(description="What became of it.")
    start_time: Time | None = Field(default=None, description="When it began.")
    completion_time: Time | None = Field(default=None, description="When it ended.")


class WorkflowStatus(Model):
    """What the operator saw and did. Nothing here is read as a wish."""

    observed_generation: int | None = Field(
        default=None,
        ge=UNSEEN,
        le=MAX_GENERATION,
        description="The generation that was handled last; -1: none yet.",
    )
    observed_hash: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        default=None, description="Of the document that was handled last."
    )
    phase: Literal["Pending", "Ready", "Suspended", "Stalled", "Deleting"] | None = Field(
        default=None, description="All conditions in one word, for people."
    )
    uid: Id | None = Field(default=None, description="The workflow's id in Alur.")
    active_version: int | None = Field(
        default=None, ge=0, le=MAX_VERSION, description="The version that runs."
    )
    trigger_count: int | None = Field(
        default=None, ge=0, le=MAX_TRIGGERS, description="How many triggers it has."
    )
    node_count: int | None = Field(
        default=None, ge=0, le=MAX_NODES, description="How many nodes it has."
    )
    last_execution: LastExecution | None = Field(default=None, description="The latest execution.")
    conditions: tuple[Condition, ...] = Field(
        default=(),
        max_length=16,
        description="Ready, Reconciling, Stalled, Validated, Published, TriggersActive, Suspended, "
        "and of what is active CredentialsFound, ReferencesFound, Plausible, Safe.",
    )


class RunStatus(Model):
    """What became of the run."""

    observed_generation: int | None = Field(
        default=None,
        ge=UNSEEN,
        le=MAX_GENERATION,
        description="The generation that was handled last; -1: none yet.",
    )
    execution_id: Id | None = Field(default=None, description="The execution in Alur.")
    version: int | None = Field(
        default=None,
        ge=1,
        le=MAX_VERSION,
        description="The version of the workflow that it runs.",
    )
    phase: Phase | None = Field(default=None, description="Where it is.")
    start_time: Time | None = Field(default=None, description="When the execution began.")
    completion_time: Time | None = Field(default=None, description="When it ended.")
    message: Message | None = Field(default=None, description="Why it failed or waits.")
    output: tuple[dict[str, Any], ...] | None = Field(
        default=None,
        max_length=MAX_OUTPUT_ITEMS,
        description="The items that came out, where they fit in 64 KiB.",
    )
    conditions: tuple[Condition, ...] = Field(
        default=(), max_length=16, description="Succeeded, Failed, Reconciling, Stalled."
    )
