"""Workflow documents as they come in, as they are kept and as they are shown."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, cast

import orjson

from alur_common.definitions import WorkflowRecord
from alur_common.pools import DEFAULT_POOL
from alur_engine.document import Workflow
from alur_engine.naming import Reference
from alur_engine.validation import NOTHING_SAID, Bounds, find_doubts, find_excess, find_risks
from alur_sdk.errors import InvalidError, Problem
from alur_sdk.instants import rfc3339

_MAX_PATCH_DEPTH = 200
_TOLD = 5
"""How many of a kind a condition names."""
BROKERS = "brokers"
"""The credential by which these reach another broker than the installation's own."""


def normal_document(workflow: Workflow, project: str) -> dict[str, Any]:
    """Return the document as it is kept: the fields that the user gave, under their public names, in one order."""
    dumped: dict[str, Any] = workflow.model_dump(by_alias=True, exclude_unset=True)
    metadata = {**dumped["metadata"], "namespace": project}
    document = {
        "apiVersion": workflow.api_version,
        "kind": workflow.kind,
        "metadata": metadata,
        "spec": dumped["spec"],
    }
    return cast(dict[str, Any], _tidied(document))


def check_place(workflow: Workflow, project: str, name: str | None) -> None:
    """Raise `InvalidError` when the document says another project or name than the place it is sent to."""
    metadata = workflow.metadata
    problems = []
    if "namespace" in metadata.model_fields_set and metadata.namespace != project:
        text = f"is {metadata.namespace}, but it was sent to the project {project}"
        problems.append(Problem("metadata.namespace", "mismatch", text))
    if name is not None and metadata.name != name:
        text = f"is {metadata.name}, but it was sent to {name}; a workflow keeps its name"
        problems.append(Problem("metadata.name", "mismatch", text))
    if problems:
        raise InvalidError(f"{problems[0].path} {problems[0].message}", problems)


def is_same_spec(left: Workflow, right: Workflow) -> bool:
    """Whether both do the same: defaults written out or left out, and the order of keys, make no difference."""
    return _canonical(left) == _canonical(right)


def merge_patch(target: object, patch: object, depth: int = 0) -> object:
    """Return the target with a JSON merge patch applied (RFC 7396); neither is changed."""
    if not isinstance(patch, dict):
        return patch
    if depth > _MAX_PATCH_DEPTH:
        raise InvalidError(f"a patch may nest {_MAX_PATCH_DEPTH} deep")
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value, depth + 1)
    return merged


def credentials_named(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the credentials that triggers and nodes name -> the path where each is first named."""
    named: dict[str, str] = {}
    for part in ("triggers", "nodes"):
        for index, element in enumerate(document["spec"].get(part, ())):
            for slot, credential in element.get("credentials", {}).items():
                named.setdefault(credential, f"spec.{part}[{index}].credentials.{slot}")
    return named


def workflows_named(document: Mapping[str, Any]) -> list[str]:
    """Return the workflows that nodes start by their names, sorted; what an expression gives is known only when it runs."""
    nodes = (n for n in document["spec"].get("nodes", ()) if n["type"] == "core.workflow")
    named = {str(node.get("params", {}).get("workflow", "")) for node in nodes}
    return sorted(name for name in named if name and "{{" not in name)


def pools_named(document: Mapping[str, Any]) -> list[str]:
    """Return the pools that nodes name, sorted."""
    nodes = document["spec"].get("nodes", ())
    named = {node.get("pool", DEFAULT_POOL) for node in nodes if not node.get("disabled", False)}
    return sorted(named - {DEFAULT_POOL})


def shown_workflow(
    record: WorkflowRecord,
    *,
    public_url: str | None,
    missing_credentials: Iterable[str] = (),
    missing_references: Sequence[str] = (),
    last_execution: Mapping[str, Any] | None = None,
    triggers: Mapping[str, Mapping[str, Any]] | None = None,
    needs_broker: Container[str] = (),
    bounds: Bounds = NOTHING_SAID,
    unserved: Sequence[str] = (),
    lost: Reference | None = None,
) -> dict[str, Any]:
    """Return the document with what the server knows about it. Without `public_url` webhook addresses stay hidden.

    `triggers` is trigger -> what its status says beside; `needs_broker` are the types that have no broker here;
    `bounds` is what nodes may do here, `unserved` the pools that no executor serves;
    `lost` is what its publisher may not use any more.
    """
    document = record.document
    doubts = find_doubts(document)
    risks = [*find_risks(document, bounds), *find_excess(document, bounds)]
    return {
        **document,
        "metadata": _metadata(record),
        "status": {
            "activeVersion": record.version,
            "conditions": _conditions(
                record,
                sorted(missing_credentials),
                missing_references,
                (doubts, risks),
                _lacking(_on_broker(document, needs_broker), unserved, lost),
            ),
            "warnings": [_shown_warning(one) for one in (*doubts, *risks)],
            "triggers": _triggers(record, public_url, triggers or {}),
            "lastExecution": last_execution,
        },
    }


def new_excess(
    document: dict[str, Any], known: WorkflowRecord | None, bounds: Bounds
) -> list[Problem]:
    """Return what a document asks for beyond the bounds, unless it stood there before they were: it can be suspended still."""
    before = () if known is None else find_excess(known.document, bounds)
    messages = {problem.message for problem in before}
    return [each for each in find_excess(document, bounds) if each.message not in messages]


def _shown_warning(warning: Problem) -> dict[str, str]:
    return {"path": warning.path, "code": warning.code, "message": warning.message}


def _metadata(record: WorkflowRecord) -> dict[str, Any]:
    return {
        **record.document["metadata"],
        "uid": record.uid,
        "createdAt": rfc3339(record.created_at),
        "updatedAt": rfc3339(record.updated_at),
        "managedBy": record.managed_by,
    }


def _triggers(
    record: WorkflowRecord, public_url: str | None, known: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    shown = []
    for trigger in record.document["spec"].get("triggers", ()):
        entry: dict[str, Any] = {
            "name": trigger["name"],
            "type": trigger["type"],
            "active": not (record.is_suspended or trigger.get("disabled", False)),
        }
        if trigger["type"] == "trigger.webhook" and public_url is not None:
            entry["url"] = f"{public_url}/hooks/{record.hook_id}/{_path_of(trigger)}"
        shown.append({**entry, **known.get(trigger["name"], {})})
    return shown


def _on_broker(document: Mapping[str, Any], needs_broker: Container[str]) -> list[str]:
    """Return the triggers and nodes of these types that name no broker of their own."""
    spec = document["spec"]
    return [
        element["name"]
        for element in (*spec.get("triggers", ()), *spec.get("nodes", ()))
        if element["type"] in needs_broker and BROKERS not in element.get("credentials", {})
    ]


def _path_of(trigger: Mapping[str, Any]) -> str:
    return str(trigger.get("params", {}).get("path", "")).lstrip("/")


State = tuple[str, str, str]
"""Status, reason and message of a condition."""


def _lacking(
    without_broker: Sequence[str], unserved: Sequence[str], lost: Reference | None
) -> dict[str, State]:
    """Return a condition for each thing that is lacking here."""
    states: dict[str, State] = {}
    if without_broker:
        names = ", ".join(without_broker)
        text = f"this installation has no Kafka for it, so these do nothing: {names}"
        states["BrokerFound"] = ("False", "NoBroker", text)
    if unserved:
        text = f"no executor that lives serves these pools, so their nodes wait: {_shortened(unserved)}"
        states["PoolsServed"] = ("False", "NoExecutor", text)
    if lost is not None:
        text = (
            f"{lost.path}: who published this version may not use this {lost.kind} any more, so it does not run: "
            "somebody who may has to save the workflow again, or take it over in the editor"
        )
        states["Permitted"] = ("False", "PublisherMayNot", text)
    return states


def _conditions(
    record: WorkflowRecord,
    missing: Sequence[str],
    unknown: Sequence[str],
    warnings: tuple[Sequence[Problem], Sequence[Problem]],
    lacking: Mapping[str, State],
) -> list[dict[str, Any]]:
    changed = rfc3339(record.activated_at)
    names = ", ".join(missing)
    doubts, risks = (_shortened([f"{w.path}: {w.message}" for w in some]) for some in warnings)
    states = {
        "Ready": ("True", "Published", f"version {record.version} is active"),
        "CredentialsFound": ("True", "CredentialsFound", "")
        if not missing
        else ("False", "CredentialsMissing", f"not set yet: {names}; runs that need them fail"),
        "ReferencesFound": ("True", "ReferencesFound", "")
        if not unknown
        else ("False", "ReferencesMissing", f"not there yet: {_shortened(unknown)}"),
        "Plausible": ("False", "Doubtful", doubts) if doubts else ("True", "NothingDoubtful", ""),
        "Safe": ("False", "Risky", risks) if risks else ("True", "NothingRisky", ""),
        "Suspended": ("True", "Suspended", "triggers rest")
        if record.is_suspended
        else ("False", "Active", ""),
        **lacking,
    }
    return [
        {
            "type": kind,
            "status": s,
            "reason": reason,
            "message": text,
            "lastTransitionTime": changed,
        }
        for kind, (s, reason, text) in states.items()
    ]


def _shortened(told: Sequence[str]) -> str:
    more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return "; ".join(told[:_TOLD]) + more


def _canonical(workflow: Workflow) -> bytes:
    return orjson.dumps(workflow.spec.model_dump(by_alias=True), option=orjson.OPT_SORT_KEYS)


def _tidied(value: object, *, within_params: bool = False) -> object:
    """Return JSON values: tuples as lists, and whole numbers as people wrote them (the model made `640` a float)."""
    if isinstance(value, dict):
        return {
            key: _tidied(element, within_params=within_params or key == "params")
            for key, element in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_tidied(element, within_params=within_params) for element in value]
    if isinstance(value, float) and not within_params and value.is_integer():
        return int(value)
    return value
