"""The contract of a node: one class says what the editor shows and what the executor does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from alur_sdk.files import Files, FileSink
from alur_sdk.items import Item, Json, Outputs, Sent
from alur_sdk.truth import truthy


class Effect(StrEnum):
    """What running a node does to the outside."""

    PURE = "pure"
    READ = "read"
    WRITE = "write"


class Params(BaseModel):
    """The typed parameters of a node; camelCase in documents. Unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


Condition = Annotated[bool, BeforeValidator(truthy)]
"""True or false by JavaScript's rules of truthiness, as an `if` reads any value."""


@dataclass(frozen=True, slots=True)
class CredentialSlot:
    """A credential that a node or trigger takes: the name in `credentials`, and the types that fit."""

    name: str
    types: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class EffectWhen:
    """With these values of a parameter (None: without it) the effect is another one."""

    param: str
    values: tuple[str | None, ...]
    effect: Effect


@dataclass(frozen=True, slots=True)
class Wait:
    """Returned instead of outputs: suspend this node run, without memory, until one of these comes.

    `until` is seconds since 1970; `signal` a name that `:signal` sends (its payload becomes the
    output item); `children` are execution ids whose ends are awaited.
    """

    until: float | None = None
    signal: str | None = None
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """Returned instead of outputs: end the whole execution here, well or with a message."""

    ok: bool
    message: str = ""


OWN_REPLY_HEADERS = frozenset(
    {
        "connection", "content-length", "keep-alive", "proxy-authenticate", "set-cookie", "te",
        "trailer", "transfer-encoding", "upgrade", "content-security-policy", "alur-execution-id",
        "x-content-type-options", "date", "server", "strict-transport-security", "clear-site-data",
        "alt-svc", "nel", "report-to", "reporting-endpoints", "service-worker-allowed", "public-key-pins",
        "expect-ct", "origin-agent-cluster", "critical-ch", "accept-ch", "speculation-rules", "set-cookie2",
        "sec-session-registration", "sec-session-challenge", "secure-session-registration", "secure-session-challenge",
        "set-login", "idp-signin-status", "use-as-dictionary", "activate-storage-access", "shared-storage-write",
        "attribution-reporting-register-source", "attribution-reporting-register-trigger", "observe-browsing-topics",
        "attribution-reporting-register-os-source", "attribution-reporting-register-os-trigger",
    }
)  # fmt: skip
"""Headers of an answer that no node sets: cookies, what guards the browser or binds the whole origin, and the connection's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Returned with outputs by `core.respond`: what the waiting caller gets."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None


@dataclass(frozen=True, slots=True)
class Replied:
    """Outputs, and a reply to whoever waits for the execution."""

    outputs: Outputs
    reply: Reply


@dataclass(frozen=True, slots=True)
class Started:
    """Returned by a node that starts other executions: they are accepted before it ends."""

    starts: tuple[ChildStart, ...]
    wait: bool


@dataclass(frozen=True, slots=True)
class ChildStart:
    """One execution to start: the workflow's name in the same project and its input items."""

    workflow: str
    input: tuple[dict[str, Json], ...]


class Secret(Protocol):
    """An unsealed credential, for one use. Never put into an item, a log or an error."""

    @property
    def name(self) -> str:
        """What the credential is called; no secret."""

    @property
    def type(self) -> str:
        """The credential's type, such as `bearer`."""

    @property
    def fields(self) -> Mapping[str, str]:
        """The secret fields, by name."""

    @property
    def domains(self) -> Sequence[str]:
        """The hosts to which it may be sent, `*.example.com` for all below; empty: any."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request that a node sends through `ctx.http`."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_seconds: float = 30.0
    follow_redirects: int = 5
    max_bytes: int = 16 * 1024 * 1024
    tls: Mapping[str, Any] = field(default_factory=dict)
    sink: FileSink | None = None
    """Where the body of an answer below 400 goes instead of into memory; it is not closed."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back: status, lower-case headers, the whole body unless it went into a file, and the final address."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http(Protocol):
    """The one way out by HTTP: pooled, limited, and through the outbound guard."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send it, redirects followed as the request says, and return any answer with a status.

        Raises `Permanent` for refused addresses and bad requests, `Retryable` for failures of
        transport, `LimitError` for answers that are too large.
        """


@dataclass(frozen=True, slots=True)
class CodeJob:
    """Code of a user and the items that it is for; `memory` is in bytes.

    `mode` is `all` (the code runs once) or `each` (once an item).
    """

    language: str
    mode: str
    code: str
    items: Sequence[Item]
    seconds: float
    memory: int


class CodeRunner(Protocol):
    """The one place where code of users runs: the jail."""

    async def run(self, job: CodeJob) -> Json:
        """Return what the code returned, in mode `each` a list of it, as JSON and else unchecked.

        Raises `Permanent` with what the code threw and its line, `LimitError` when it was stopped.
        """


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """One record that a node writes through `ctx.kafka`; `acks` is `all` or `leader`."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, str], ...] = ()
    acks: str = "all"
    timeout_seconds: float = 30.0


class Kafka(Protocol):
    """The one way out to Kafka: connections kept, and through the outbound guard."""

    async def send(self, record: KafkaRecord, secret: Secret | None) -> Mapping[str, Json]:
        """Write it to the brokers of a credential, or the installation's own; return where it stands.

        `{topic, partition, offset, timestamp}`. Raises `Permanent` for what these brokers never take,
        `Retryable` when they have not said in time that they have it: they may have it all the same.
        """


class NodeContext(Protocol):
    """The world as a node may reach it, for one node run; `index` is that of the item being run."""

    index: int
    attempt: int
    now: float
    """Seconds since 1970, pinned for the whole node run."""
    time_zone: str
    node_name: str
    inputs: Mapping[str, Sequence[Item]]
    """All input items by input port."""

    @property
    def http(self) -> Http:
        """The one way out by HTTP."""

    @property
    def code(self) -> CodeRunner:
        """The jail, for this node run."""

    @property
    def kafka(self) -> Kafka:
        """The one way out to Kafka."""

    @property
    def files(self) -> Files:
        """The files of this execution."""

    def idempotency_key(self, call: int = 0) -> str:
        """Return the key of call number `call` for the current item: the same on every attempt."""

    async def secret(self, slot: str) -> Secret | None:
        """Unseal the credential in this slot, or None when the node names none."""

    async def put_blob(
        self, content: bytes, media_type: str, file_name: str = ""
    ) -> dict[str, Json]:
        """Keep large or binary content; return the reference that goes into `Item.binary`."""

    async def keep_file(self, path: str, media_type: str, file_name: str = "") -> dict[str, Json]:
        """Keep what a file of `files` holds, as `put_blob` keeps content, and remove the file."""

    async def get_blob(self, reference: Mapping[str, Json]) -> bytes:
        """Return the content behind a reference."""

    def log(self, message: str, **fields: Json) -> None:
        """Write a line into the node run's log."""


P = TypeVar("P", bound=Params)
Emitted = Item | Sent | Sequence[Item | Sent] | None
"""What `run_item` may return: an item (to `main`), one sent to a port, several, or nothing."""
Result = Outputs | Wait | Stop | Replied | Started


class Node(Generic[P]):
    """What every node type declares; its type is its path, `core/filter.py` being `core.filter`."""

    label: ClassVar[str]
    icon: ClassVar[str] = "box"
    effect: ClassVar[Effect]
    effect_when: ClassVar[EffectWhen | None] = None
    inputs: ClassVar[tuple[str, ...]] = ("main",)
    outputs: ClassVar[tuple[str, ...]] = ("main",)
    outputs_from: ClassVar[str | None] = None
    """A list parameter whose elements' `name` are output ports before `outputs`."""
    credentials: ClassVar[tuple[CredentialSlot, ...]] = ()
    repeatable: ClassVar[bool] = True
    """False: when a crash leaves unknown whether the effect happened, a person decides,
    unless the node says `inDoubt: retry`."""
    checkpoint: ClassVar[bool] = False
    always_emits: ClassVar[bool] = False
    any_input_when: ClassVar[tuple[str, tuple[str, ...]] | None] = None
    """A parameter and the values with which the node fires at its first delivered input."""
    scopes: ClassVar[tuple[str, ...]] = ()
    """Ports that open a scope (`item` of `core.each`; `try`, `catch`, `finally` of `core.try`)."""
    trigger: ClassVar[bool] = False
    pool: ClassVar[str | None] = None
    """The pool of executors on which its nodes run, unless they name one themselves: `gpu`, `browser`."""
    raw: ClassVar[tuple[str, ...]] = ()
    """Parameters that are handed over as written, their expressions not evaluated."""
    example: ClassVar[Mapping[str, Json]] = {}
    """Parameters of a typical use, shown in the documentation."""

    @classmethod
    def effect_of(cls, params: Mapping[str, Json]) -> Effect:
        """Return the effect with these parameters as written; an expression may be anything."""
        rule = cls.effect_when
        if rule is None or params.get(rule.param) not in rule.values:
            return cls.effect
        return rule.effect

    @classmethod
    def params_type(cls) -> type[Params]:
        """Return the model of the parameters: what the class is generic over."""
        for kind in cls.__mro__:
            for base in kind.__dict__.get("__orig_bases__", ()):
                for argument in get_args(base):
                    if isinstance(argument, type) and issubclass(argument, Params):
                        return argument
        return Params


class ItemNode(Node[P], ABC):
    """A node that treats one item at a time."""

    @abstractmethod
    def run_item(self, params: P, item: Item, ctx: NodeContext) -> Emitted | Awaitable[Emitted]:
        """Return what becomes of this item. May be a plain or an async method.

        The runner fills in the source of what comes back: the item that it was made from.
        """


class BatchNode(Node[P], ABC):
    """A node that sees all its input at once; its parameters are evaluated on the first item."""

    @abstractmethod
    def run(
        self, params: P, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Result | Awaitable[Result]:
        """Return port -> items. `inputs` is input port -> items, for each port that an edge enters.

        A dead input is an empty list. A node whose one input is `main` always has that.
        The node sets the source of each item it returns: an index into its input, where the
        items of all input ports count on, in the order in which `inputs` of the class has them.
        """


class ScopeNode(Node[P]):
    """A node that the engine itself runs: it only opens scopes by its ports."""

    effect = Effect.PURE


class TriggerNode(Node[P]):
    """Where executions begin. It runs nothing: its items come with the start."""

    inputs = ()
    trigger = True
    effect = Effect.PURE
