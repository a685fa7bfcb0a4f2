"""What REST carries, described: requests are read by these models, answers documented by them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from alur_engine.document import Metadata, Spec

Role = Literal["viewer", "operator", "editor", "admin", "owner"]


class Wire(BaseModel):
    """camelCase outside, unknown fields refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Shown(BaseModel):
    """An answer: camelCase, and fields may be added at any time."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Fault(Shown):
    """One fault in what was sent."""

    path: str
    code: str
    message: str


class ProblemDocument(Shown):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    trace_id: str
    errors: list[Fault] = []
    execution_id: str | None = None


class Failure(Shown):
    """Why an execution or a node run failed."""

    code: str
    message: str
    node: str | None = None
    field: str | None = Field(
        None, description="What of the node it failed for, such as `params.body.name`."
    )
    line: int | None = Field(None, description="Of the node's code, counted from 1.")
    item: int | None = Field(None, description="The item it failed for, counted from 0.")


class ShownMetadata(Metadata):
    """Metadata with what the server knows."""

    uid: str
    created_at: datetime
    updated_at: datetime
    managed_by: str | None = None


class TriggerStatus(Shown):
    """How a trigger is."""

    name: str
    type: str
    active: bool
    url: str | None = None
    next_due: datetime | None = None
    lag: int | None = None
    error: str | None = None


class Condition(Shown):
    """A condition, as Kubernetes knows them."""

    type: str
    status: str
    reason: str
    message: str
    last_transition_time: datetime


class DraftInfo(Shown):
    """That somebody drew what is not published yet; `base` is the revision that it was drawn on."""

    revision: int
    base: int
    changed_by: str
    changed_at: datetime


class WorkflowStatus(Shown):
    """What the server knows of a workflow."""

    active_version: int
    conditions: list[Condition]
    triggers: list[TriggerStatus]
    last_execution: dict[str, Any] | None = None
    warnings: list[Fault] = []
    draft: DraftInfo | None = Field(None, description="Told where one workflow is read.")


class WorkflowDocument(Shown):
    """A workflow document with what the server knows; both parts are ignored on the way in."""

    api_version: str
    kind: str
    metadata: ShownMetadata
    spec: Spec
    status: WorkflowStatus


class WorkflowPage(Shown):
    """A page of workflows."""

    items: list[WorkflowDocument]
    next_cursor: str | None


class Version(Shown):
    """One version; `document` only where it is asked for alone."""

    version: int
    created_at: datetime
    created_by: str
    active: bool
    document: dict[str, Any] | None = None


class VersionPage(Shown):
    """A page of versions, the newest first."""

    items: list[Version]
    next_cursor: str | None


class ValidateBody(Wire):
    """The document to look at."""

    document: Any


class Validation(Shown):
    """Whether a document can be saved, every fault, and what is risky or doubtful in one without any."""

    valid: bool
    errors: list[Fault]
    warnings: list[Fault]


class EvaluateBody(Wire):
    """A template and the data that it sees."""

    expression: str = Field(max_length=100_000)
    json_: Any = Field(default=None, alias="json")
    items: list[dict[str, Any]] | None = None
    index: int = Field(default=0, ge=0)
    nodes: dict[str, list[dict[str, Any]]] = Field({}, description="Items of other nodes, by name.")
    vars: dict[str, Any] = {}
    workflow: dict[str, Any] = {}
    execution: dict[str, Any] = {}
    trigger: Any = None
    time_zone: str = Field(default="UTC", max_length=64)


class Value(Shown):
    """What a template comes to."""

    value: Any


class NodeType(BaseModel):
    """A node type of the catalogue."""

    model_config = ConfigDict(extra="allow")

    type: str
    label: str
    description: str
    group: str
    effect: str
    trigger: bool
    inputs: list[str]
    outputs: list[str]
    parameters: dict[str, Any]
    credentials: list[dict[str, Any]]
    docs: str


class NodeTypeList(Shown):
    """A page of node types, by name."""

    items: list[NodeType]
    next_cursor: str | None
