"""The testing kit of nodes: cases as data, run against a world that is all fake.

A case names `params` and `items` (or `inputs`, by port) and what must come of them: `outputs`
by port, with `sources` where the pairing matters; or `error`, `invalid`, `waits`, `stops`,
`replies`, `starts`. `answers` are what its HTTP requests get, `requests` what they must be;
`returned` is what its code returns, `records` what is written to Kafka.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from alur_sdk.errors import AlurError, Permanent
from alur_sdk.fake_files import FakeFiles
from alur_sdk.items import Item, Json, Outputs, Sent, Source
from alur_sdk.nodes import (
    BatchNode,
    CodeJob,
    CodeRunner,
    Emitted,
    Http,
    HttpRequest,
    HttpResponse,
    ItemNode,
    Kafka,
    KafkaRecord,
    Node,
    Params,
    Replied,
    Result,
    Secret,
    Started,
    Stop,
    Wait,
)

NOW = 1_800_000_000.0
_FAILED = 400

Evaluate = Callable[[Json, Sequence[Item], int], Json]
"""Replaces the expressions in a value: given the value, all items, and the current one's index."""


@dataclass(frozen=True, slots=True)
class FakeSecret:
    """A credential in the open."""

    type: str
    fields: Mapping[str, str]
    domains: tuple[str, ...] = ()
    name: str = "fake"


@dataclass
class FakeHttp:
    """Answers requests from a list, in order, and keeps what was sent."""

    answers: list[HttpResponse | AlurError] = field(default_factory=list)
    sent: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        if not self.answers:
            raise Permanent(f"the case has no answer for request number {len(self.sent)}")
        answer = self.answers.pop(0)
        if isinstance(answer, AlurError):
            raise answer
        if request.sink is not None and answer.status < _FAILED:
            await request.sink.write(answer.body)
            return replace(answer, body=b"")
        return answer


@dataclass
class FakeCode:
    """Answers each piece of code with the same result, and keeps what it was asked."""

    result: Json = None
    jobs: list[CodeJob] = field(default_factory=list)

    async def run(self, job: CodeJob) -> Json:
        self.jobs.append(job)
        return self.result


@dataclass
class FakeKafka:
    """Keeps what was written, and says that it stands on one partition."""

    sent: list[tuple[KafkaRecord, Secret | None]] = field(default_factory=list)

    async def send(self, record: KafkaRecord, secret: Secret | None) -> Mapping[str, Json]:
        self.sent.append((record, secret))
        return {"topic": record.topic, "partition": 0, "offset": len(self.sent) - 1}


@dataclass
class FakeContext:
    """A world for one node run; what the node does to it can be read from it."""

    inputs: Mapping[str, Sequence[Item]]
    secrets: Mapping[str, FakeSecret] = field(default_factory=dict)
    http: Http = field(default_factory=FakeHttp)
    code: CodeRunner = field(default_factory=FakeCode)
    kafka: Kafka = field(default_factory=FakeKafka)
    index: int = 0
    attempt: int = 1
    now: float = NOW
    time_zone: str = "UTC"
    node_name: str = "node"
    blobs: dict[str, bytes] = field(default_factory=dict)
    files: FakeFiles = field(default_factory=FakeFiles)
    lines: list[tuple[str, Mapping[str, Json]]] = field(default_factory=list)

    def idempotency_key(self, call: int = 0) -> str:
        return f"key-{self.index}-{call}"

    async def secret(self, slot: str) -> FakeSecret | None:
        return self.secrets.get(slot)

    async def put_blob(
        self, content: bytes, media_type: str, file_name: str = ""
    ) -> dict[str, Json]:
        reference = f"blob-{len(self.blobs)}"
        self.blobs[reference] = content
        kept = {"blob": reference, "size": len(content), "mediaType": media_type}
        return {**kept, "fileName": file_name} if file_name else kept

    async def keep_file(self, path: str, media_type: str, file_name: str = "") -> dict[str, Json]:
        content = await self.files.read(path)
        await self.files.remove(path)
        return await self.put_blob(content, media_type, file_name)

    async def get_blob(self, reference: Mapping[str, Json]) -> bytes:
        return self.blobs[reference["blob"]]

    def log(self, message: str, **fields: Json) -> None:
        self.lines.append((message, fields))


def constant(value: Json, _: Sequence[Item], __: int) -> Json:
    """Evaluate nothing: for cases without expressions."""
    return value


def items_of(
    values: Iterable[Json], files: Sequence[Json] = (), sources: Sequence[Source] = ()
) -> list[Item]:
    """Return items with these JSON objects, and with these files and sources where there are some."""
    return [
        Item(
            json,
            files[at] if at < len(files) else None,
            sources[at] if at < len(sources) else None,
        )
        for at, json in enumerate(values)
    ]


async def run_node(
    node: type[Node[Any]],
    params: Mapping[str, Json],
    ctx: FakeContext,
    evaluate: Evaluate = constant,
) -> Result:
    """Run a node as the executor does: parameters for each item, sources filled in.

    Raises what the node raises, and `ValidationError` for parameters that do not fit. Asserts
    that the node has not changed its input and has not passed an input item on as it is.
    """
    before = copy.deepcopy({port: list(items) for port, items in ctx.inputs.items()})
    made = node()
    if isinstance(made, ItemNode):
        result: Result = await _run_items(made, params, ctx, evaluate)
    elif isinstance(made, BatchNode):
        items = [item for port in node.inputs for item in ctx.inputs.get(port, ())]
        inputs = {port: ctx.inputs[port] for port in node.inputs if port in ctx.inputs}
        told = made.run(_params(node, params, items, 0, evaluate), inputs, ctx)
        result = await told if inspect.isawaitable(told) else told
    else:
        raise TypeError(f"{node.__name__} is run by the engine")
    assert before == ctx.inputs, "the node changed its input"  # noqa: S101  # a kit for tests
    return result


async def _run_items(
    node: ItemNode[Any], params: Mapping[str, Json], ctx: FakeContext, evaluate: Evaluate
) -> Outputs:
    outputs: Outputs = {}
    items = ctx.inputs["main"]
    for index, item in enumerate(items):
        ctx.index = index
        told = node.run_item(_params(type(node), params, items, index, evaluate), item, ctx)
        emitted = await told if inspect.isawaitable(told) else told
        for port, made in _sent(emitted):
            assert made is not item, "the node passed its input item on as it is"  # noqa: S101  # a kit for tests
            made.source = index if made.source is None else made.source
            outputs.setdefault(port, []).append(made)
    return outputs


def _sent(emitted: Emitted) -> list[Sent]:
    if emitted is None:
        return []
    if isinstance(emitted, Sent):
        return [emitted]
    if isinstance(emitted, Item):
        return [Sent("main", emitted)]
    return [each if isinstance(each, Sent) else Sent("main", each) for each in emitted]


def _params(
    node: type[Node[Any]],
    params: Mapping[str, Json],
    items: Sequence[Item],
    index: int,
    evaluate: Evaluate,
) -> Params:
    evaluated = {
        name: value if name in node.raw else evaluate(value, items, index)
        for name, value in params.items()
    }
    return node.params_type().model_validate(evaluated)


async def check_case(
    node: type[Node[Any]], case: Mapping[str, Json], evaluate: Evaluate = constant
) -> None:
    """Run one case and assert what it claims."""
    params = case.get("params", {})
    if "valid" in case or "invalid" in case:
        _check_params(node, params, case)
        return
    http = FakeHttp([answer(**told) for told in case.get("answers", [])])
    kafka = FakeKafka()
    ctx = _context(case, http, kafka)
    try:
        result = await run_node(node, params, ctx, evaluate)
    except AlurError as error:
        if "error" not in case:
            raise
        _equal(error.code, case["error"]["code"])
        _contains(error.message, case["error"].get("message", ""))
        _equal(getattr(error, "after_seconds", None), case["error"].get("after"))
    else:
        _equal(None, case.get("error"))
        _check_result(result, case)
    if "records" in case:
        _check_records(kafka.sent, case["records"])
    if "requests" in case:
        _check_requests(http.sent, case["requests"])


def _check_params(
    node: type[Node[Any]], params: Mapping[str, Json], case: Mapping[str, Json]
) -> None:
    try:
        valid = node.params_type().model_validate(params)
    except ValidationError as error:
        _contains(str(error), case.get("invalid", "no fault at all"))
    else:
        _equal(valid.model_dump(by_alias=True), case.get("valid"))


def _context(case: Mapping[str, Json], http: FakeHttp, kafka: FakeKafka) -> FakeContext:
    inputs = {
        port: items_of(values, case.get("files", ()))
        for port, values in case.get("inputs", {"main": case.get("items", [{}])}).items()
    }
    secrets = {
        slot: FakeSecret(secret["type"], secret["fields"], tuple(secret.get("domains", ())))
        for slot, secret in case.get("credentials", {}).items()
    }
    blobs = {name: text.encode() for name, text in case.get("blobs", {}).items()}
    zone = case.get("timeZone", "UTC")
    code = FakeCode(case.get("returned"))
    return FakeContext(inputs, secrets, http, code, kafka, time_zone=zone, blobs=blobs)


def answer(
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    body: Json = None,
    url: str = "https://example.com/",
) -> HttpResponse:
    """Return an answer; a body that is no text is written as JSON, and declared so."""
    declared = dict(headers or {})
    if isinstance(body, str):
        return HttpResponse(status, declared, body.encode(), url)
    declared.setdefault("content-type", "application/json")
    return HttpResponse(status, declared, b"" if body is None else to_json(body), url)


def _check_result(result: Result, case: Mapping[str, Json]) -> None:
    if isinstance(result, Wait):
        _equal(asdict(result), _lists(asdict(Wait())) | case["waits"], tuples=True)
        return
    if isinstance(result, Stop):
        _equal(asdict(result), case["stops"])
        return
    if isinstance(result, Started):
        _equal(asdict(result), case["starts"], tuples=True)
        return
    if isinstance(result, Replied):
        _equal(asdict(result.reply), case["replies"])
        result = result.outputs
    sent = {port: items for port, items in result.items() if items}
    _equal({port: [item.json for item in items] for port, items in sent.items()}, case["outputs"])
    if "sources" in case:
        sources = {port: [item.source for item in items] for port, items in sent.items()}
        _equal(sources, case["sources"], tuples=True)
    if "filesOut" in case:
        _equal([item.binary for items in sent.values() for item in items], case["filesOut"])


def _check_requests(sent: Sequence[HttpRequest], expected: Sequence[Mapping[str, Json]]) -> None:
    """Compare each request with what its claim names; headers may be more than named."""
    _equal(len(sent), len(expected))
    for request, claim in zip(sent, expected, strict=True):
        seen = {
            **asdict(request),
            "body": None if request.body is None else request.body.decode(),
            "headers": {name: request.headers.get(name) for name in claim.get("headers", {})},
        }
        _equal({name: seen[name] for name in claim}, claim)


def _check_records(
    sent: Sequence[tuple[KafkaRecord, Secret | None]], expected: Sequence[Mapping[str, Json]]
) -> None:
    """Compare each record with what its claim names; keys and values are text here."""
    _equal(len(sent), len(expected))
    for (record, secret), claim in zip(sent, expected, strict=True):
        seen = {
            **asdict(record),
            "key": None if record.key is None else record.key.decode(),
            "value": None if record.value is None else record.value.decode(),
            "headers": dict(record.headers),
            "credential": None if secret is None else secret.type,
        }
        _equal({name: seen[name] for name in claim}, claim)


def _equal(actual: Json, expected: Json, *, tuples: bool = False) -> None:
    if tuples:
        actual = _lists(actual)
    assert actual == expected, f"is {actual!r}\nnot {expected!r}"  # noqa: S101  # a kit for tests


def _lists(value: Json) -> Json:
    """Return the value as YAML would have it, with lists for tuples."""
    if isinstance(value, dict):
        return {name: _lists(child) for name, child in value.items()}
    return [_lists(child) for child in value] if isinstance(value, list | tuple) else value


def _contains(text: str, part: str) -> None:
    assert part in text, f"{part!r} is not in {text!r}"  # noqa: S101  # a kit for tests
