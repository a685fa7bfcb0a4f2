"""The workflow document: the one model behind files, REST, gRPC, the custom resource and the drawing."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from alur_engine.durations import Duration

API_VERSION = "alur.dev/v1alpha1"
MAX_NODES = 1_000
MAX_EDGES = 2_000
MAX_TRIGGERS = 50
MAX_PIXELS = 1_000_000_000
"""How far from its origin a drawing reaches."""

Label = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)
]
"""A DNS label (RFC 1123)."""
_UNPRINTABLE = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in _UNPRINTABLE for character in text):
        raise ValueError("a name has printable characters only")
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_printable)]
"""A node's or trigger's name: 1 to 64 printable characters, as people write it."""
TypeName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
_KEY = re.compile(
    r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", re.ASCII
)


def _keyed(labels: dict[str, str]) -> dict[str, str]:
    wrong = next((key for key in labels if not _KEY.fullmatch(key)), None)
    if wrong is not None:
        raise ValueError(
            f"{wrong[:60]!r} is no key of a label: letters, digits, `-`, `_` and `.`, at most 63, "
            "perhaps after a domain and a slash"
        )
    return labels


LabelKey = Annotated[str, StringConstraints(min_length=1, max_length=317)]
LabelValue = Annotated[str, StringConstraints(max_length=63)]


class Model(BaseModel):
    """A part of the document: camelCase, unknown fields refused, never changed."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True
    )


class Metadata(Model):
    """What identifies a workflow. What the server owns is accepted and ignored on the way in."""

    name: Label = Field(description="DNS label, unique in its project.")
    namespace: Label = Field(default="default", description="The project.")
    labels: Annotated[dict[LabelKey, LabelValue], AfterValidator(_keyed)] = Field(
        default_factory=dict, max_length=64, description="Free labels."
    )
    annotations: dict[LabelKey, str] = Field(
        default_factory=dict, max_length=64, description="Free notes of tools, kept and not read."
    )


class Retry(Model):
    """How often and how soon a failed node run is tried again."""

    attempts: int = Field(
        default=3, ge=1, le=100, description="Attempts in all, the first included."
    )
    delay: Duration = Field(default="PT1S", description="Before the second attempt.")
    factor: float = Field(
        default=2.0, ge=1, le=10, description="Each delay is so much the last one."
    )
    max_delay: Duration = Field(default="PT5M", description="No delay is longer.")
    jitter: float = Field(
        default=0.2, ge=0, le=1, description="Share of each delay that is random."
    )


class Position(Model):
    """Where the editor draws it."""

    x: float = Field(
        default=0, ge=-MAX_PIXELS, le=MAX_PIXELS, description="To the right, in pixels."
    )
    y: float = Field(default=0, ge=-MAX_PIXELS, le=MAX_PIXELS, description="Down, in pixels.")

    @model_validator(mode="before")
    @classmethod
    def _take_true_for_y(cls, given: object) -> object:
        """Undo what YAML 1.1, and so kubectl and Helm, make of a `y` without quotes: the key `true`."""
        if isinstance(given, dict) and "true" in given and "y" not in given:
            return {"y" if key == "true" else key: value for key, value in given.items()}
        return given


class Trigger(Model):
    """What starts executions."""

    name: Name = Field(description="Unique among triggers and nodes.")
    type: TypeName = Field(description="A trigger type, such as `trigger.webhook`.")
    params: dict[str, Any] = Field(default_factory=dict, description="As the type declares them.")
    credentials: dict[str, Label] = Field(
        default_factory=dict, max_length=16, description="Slot -> credential."
    )
    disabled: bool = Field(default=False, description="True: it rests.")
    position: Position | None = Field(default=None, description="Where the editor draws it.")
    notes: str = Field(default="", max_length=10_000, description="For people.")


class Node(Model):
    """One step."""

    name: Name = Field(description="Unique among triggers and nodes.")
    type: TypeName = Field(description="A node type, such as `core.set`.")
    params: dict[str, Any] = Field(default_factory=dict, description="As the type declares them.")
    retry: Retry | None = Field(default=None, description="Absent: the node is tried once.")
    timeout: Duration | None = Field(default=None, description="Of one attempt.")
    checkpoint: bool = Field(
        default=False, description="Keep the result before anything after it starts."
    )
    in_doubt: Literal["retry", "ask"] | None = Field(
        default=None, description="What to do when a crash leaves an outside effect unknown."
    )
    pool: Label = Field(default="default", description="Which executors may run it.")
    on_error: Literal["stop", "continue", "branch"] = Field(
        default="stop", description="What a failure does."
    )
    credentials: dict[str, Label] = Field(
        default_factory=dict, max_length=16, description="Slot -> credential."
    )
    disabled: bool = Field(default=False, description="True: items pass it unchanged.")
    position: Position | None = Field(default=None, description="Where the editor draws it.")
    notes: str = Field(default="", max_length=10_000, description="For people.")


class Edge(Model):
    """A way for items."""

    from_: Name = Field(alias="from", description="The node or trigger it leaves.")
    output: Name = Field(default="main", description="The port it leaves by.")
    to: Name = Field(description="The node it enters.")
    input: Name = Field(default="main", description="The port it enters by.")


class Concurrency(Model):
    """How many executions may run at once."""

    limit: int = Field(ge=1, le=10_000, description="At most so many at once.")
    policy: Literal["queue", "skip", "replace"] = Field(
        default="queue", description="What happens to one more."
    )


class Retention(Model):
    """How long ended executions are kept."""

    succeeded: Duration = Field(default="P7D", description="Those that went well.")
    failed: Duration = Field(default="P30D", description="All others.")


class Settings(Model):
    """What holds for the whole workflow."""

    timeout: Duration | None = Field(default=None, description="Of a whole execution.")
    concurrency: Concurrency | None = Field(default=None, description="Absent: no limit.")
    error_workflow: Label | None = Field(
        default=None, description="Started with a failed execution's summary."
    )
    time_zone: str = Field(default="UTC", max_length=64, description="An IANA time zone.")
    retention: Retention = Field(
        default_factory=Retention, description="How long ended executions are kept."
    )
    priority: int = Field(default=0, ge=-10, le=10, description="Higher goes first.")
    deletion_policy: Literal["finish", "cancel"] = Field(
        default="finish", description="Of running executions when the workflow is deleted."
    )


class Spec(Model):
    """What a workflow does."""

    title: str = Field(default="", max_length=200, description="What people read.")
    description: str = Field(default="", max_length=10_000, description="What it is for.")
    suspend: bool = Field(default=False, description="True: triggers rest, runs by hand work.")
    triggers: tuple[Trigger, ...] = Field(
        default=(), max_length=MAX_TRIGGERS, description="What starts executions."
    )
    nodes: tuple[Node, ...] = Field(
        default=(), max_length=MAX_NODES, description="The steps, in any order."
    )
    edges: tuple[Edge, ...] = Field(
        default=(), max_length=MAX_EDGES, description="The ways from step to step."
    )
    settings: Settings = Field(
        default_factory=Settings, description="What holds for the whole workflow."
    )


class Workflow(Model):
    """A workflow document."""

    api_version: Literal["alur.dev/v1alpha1"] = "alur.dev/v1alpha1"
    kind: Literal["Workflow"] = "Workflow"
    metadata: Metadata
    spec: Spec
