"""Attempts: one try of a node run, from parameters to outputs."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from alur_engine.catalogue import ERROR_PORT
from alur_executor.domain.programs import Step
from alur_executor.service.context import RunContext
from alur_executor.service.masking import Masks
from alur_executor.service.quick import SLICE_SECONDS
from alur_executor.service.scoping import ItemScopes
from alur_sdk.errors import AlurError, NodeError, Permanent, Retryable
from alur_sdk.items import Item, Outputs, Sent
from alur_sdk.nodes import Emitted, ItemNode, Params, Replied, Result

MANY = 1_000
"""A node that sees so many items at once takes some milliseconds, or some tens of them."""
READS_AT_ONCE = 8
"""Items of a reading node that run beside each other; those of a writing one run one by one, in order."""


@dataclass(slots=True)
class Attempt:
    """What an attempt came to: outputs by item, failures by item, or a result other than outputs."""

    done: dict[int, Outputs] = field(default_factory=dict)
    failed: dict[int, AlurError] = field(default_factory=dict)
    result: Result | None = None


def parameters(step: Step, scopes: ItemScopes, index: int) -> Params:
    """Return the parameters for an item; raises what an expression raises."""
    if step.broken is not None:
        raise step.broken
    if step.binding is None:
        raise Permanent(f"node {step.definition.name!r} has no parameters to read")
    params = step.binding(scopes.at(index))
    return _copied(params) if step.is_foreign else params


def _copied(params: Params) -> Params:
    """Return parameters that share nothing with items; bound ones lack what `model_copy` looks for."""
    kind = type(params)
    return kind.model_construct(params.model_fields_set, **copy.deepcopy(params.__dict__))


async def run_items(
    step: Step,
    scopes: ItemScopes,
    context: RunContext,
    attempt: Attempt,
    asked: Callable[[int], Params],
) -> Attempt:
    """Run a synchronous item node over all items that have not come to anything yet, with pauses in which others go on.

    `attempt` is told of each as it ends, and returned. `asked` gives the parameters of an item. It stops once more items
    are made than an execution may have: the engine refuses so many.
    """
    node = step.node
    assert isinstance(node, ItemNode)  # noqa: S101 narrowed by the caller
    port = step.graph.type.outputs[0] if step.graph.type.outputs else "main"
    stops = step.definition.on_error == "stop"
    run_item, done, made = node.run_item, attempt.done, 0
    passed = asyncio.get_running_loop().time
    until = passed() + SLICE_SECONDS
    for index, item in enumerate(scopes.items):
        if index in done:
            continue
        if passed() > until:
            await asyncio.sleep(0)
            until = passed() + SLICE_SECONDS
        try:
            context.index = index
            emitted: Any = run_item(asked(index), item, context)
            done[index] = _routed(emitted, port, index)
            if type(emitted) is list:
                made += len(emitted)
                if made > scopes.most:
                    break
        except Exception as error:  # noqa: BLE001 the border of foreign code
            attempt.failed[index] = as_node_error(error, step)
            if stops:
                break
    return attempt


def _routed(emitted: Emitted, port: str, index: int) -> Outputs:
    """Return port -> items; items that do not say what they were made from get this item as source."""
    if emitted is None:
        return {}
    several = [emitted] if isinstance(emitted, (Item, Sent)) else emitted
    outputs: Outputs = {}
    for one in several:
        target, item = (one.port, one.item) if isinstance(one, Sent) else (port, one)
        outputs.setdefault(target, []).append(_sourced(item, index))
    return outputs


def _sourced(item: Item, index: int) -> Item:
    return item if item.source is not None else Item(item.json, item.binary, index)


@dataclass(frozen=True, slots=True)
class Heard:
    """Where an item's parameters come from, and who hears of each item as it ends."""

    parameters: Callable[[int], Params]
    done: Callable[[int, Outputs], None]


async def run_items_async(
    step: Step, scopes: ItemScopes, context: RunContext, attempt: Attempt, heard: Heard
) -> Attempt:
    """Run an asynchronous item node over all items that have not come to anything yet.

    `attempt` is told of each as it ends, and returned.
    """
    port = step.graph.type.outputs[0] if step.graph.type.outputs else "main"
    node: Any = step.node
    stops = step.definition.on_error == "stop"

    async def one(index: int) -> None:
        try:
            params = heard.parameters(index)
            emitted = await node.run_item(params, scopes.items[index], context.at(index))
            attempt.done[index] = await context.masks.outputs_aside(_routed(emitted, port, index))
            heard.done(index, attempt.done[index])
        except Exception as error:  # noqa: BLE001 the border of foreign code
            attempt.failed[index] = as_node_error(error, step, context.masks)

    open_items = [i for i in range(len(scopes.items)) if i not in attempt.done]
    if step.graph.effect.value == "write" or len(open_items) < 2:  # noqa: PLR2004 one or none
        for index in open_items:
            await one(index)
            if attempt.failed and stops:
                break
        return attempt
    gate = asyncio.Semaphore(READS_AT_ONCE)

    async def gated(index: int) -> None:
        async with gate:
            if not (attempt.failed and stops):
                await one(index)

    await asyncio.gather(*(gated(index) for index in open_items))
    return attempt


def run_batch_now(step: Step, params: Params, context: RunContext) -> Attempt:
    """Run a synchronous node that sees all its input at once."""
    node: Any = step.node
    try:
        return Attempt(result=node.run(params, context.inputs, context))
    except Exception as error:  # noqa: BLE001 the border of foreign code
        return Attempt(failed={0: as_node_error(error, step)})


def takes_long(step: Step, context: RunContext) -> bool:
    """Whether a synchronous node that sees all its input at once is to leave the event loop to others.

    One that is not ours stays: it may do what no thread may.
    """
    return not step.is_foreign and sum(map(len, context.inputs.values())) > MANY


async def run_batch(step: Step, params: Params, context: RunContext, threads: Executor) -> Attempt:
    """Run any node that sees all its input at once; one that computes long in a thread."""
    if not step.is_async:
        if not takes_long(step, context):
            return run_batch_now(step, params, context)
        work = partial(run_batch_now, step, params, context)
        return await asyncio.get_running_loop().run_in_executor(threads, work)
    node: Any = step.node
    try:
        result = await node.run(params, context.inputs, context)
        return Attempt(result=await context.masks.result(result))
    except Exception as error:  # noqa: BLE001 the border of foreign code
        return Attempt(failed={0: as_node_error(error, step, context.masks)})


def as_node_error(error: Exception, step: Step, masks: Masks | None = None) -> AlurError:
    """Return the typed error of a failure; what nobody foresaw is permanent and goes to the log."""
    if masks:
        return _masked_error(error, step, masks)
    if isinstance(error, (NodeError, AlurError)):
        return error
    if isinstance(error, TimeoutError):
        return Retryable("it took longer than allowed", code="timeout")
    log = structlog.get_logger("alur.executor")
    log.error("node raised", node_type=step.graph.type.type, exc_info=error)
    return Permanent(f"{type(error).__name__}: {error}")


def _masked_error(error: Exception, step: Step, masks: Masks) -> AlurError:
    """Do the same for a node that was given secrets: neither the error nor the log shows them."""
    if isinstance(error, AlurError | TimeoutError):
        return masks.error(as_node_error(error, step))
    log = structlog.get_logger("alur.executor")
    log.error("node raised", node_type=step.graph.type.type, exception=masks.trace(error))
    return masks.error(Permanent(f"{type(error).__name__}: {error}"))


def outputs_of(attempt: Attempt, step: Step, items: list[Item]) -> Outputs:
    """Return what a node run emits by its `onError`: failed items go on as error items."""
    outputs: Outputs = {}
    first = step.graph.type.outputs[0] if step.graph.type.outputs else "main"
    error_port = ERROR_PORT if step.definition.on_error == "branch" else first
    for index in sorted({*attempt.done, *attempt.failed}):
        if index in attempt.done:
            for port, emitted in attempt.done[index].items():
                outputs.setdefault(port, []).extend(emitted)
        else:
            outputs.setdefault(error_port, []).append(
                error_item(attempt.failed[index], step, items, index)
            )
    return outputs


def error_item(error: AlurError, step: Step, items: list[Item], index: int) -> Item:
    """Return the item that tells of a failure: `{error: {code, message, node}, item: what failed}`."""
    json: dict[str, Any] = {"error": error_json(error, step)}
    if index < len(items):
        json["item"] = items[index].json
    return Item(json, None, index)


def error_json(error: AlurError, step: Step) -> dict[str, Any]:
    """Return how an error is shown: `{code, message, node, field?, status?, line?}`."""
    code = error.details.get("reason") if isinstance(error.details.get("reason"), str) else None
    shown = {"code": code or error.code, "message": error.message, "node": step.definition.name}
    numbers = {name: error.details.get(name) for name in ("status", "line")}
    if parameter := error.details.get("parameter"):
        shown["field"] = f"params.{parameter}"
    return {**shown, **{name: number for name, number in numbers.items() if type(number) is int}}


def replied_outputs(result: Replied) -> tuple[Outputs, dict[str, Any]]:
    """Return the outputs of `core.respond` and its reply as it is kept."""
    reply = result.reply
    shown = {"status": reply.status, "headers": dict(reply.headers), "body": reply.body}
    return result.outputs, shown
