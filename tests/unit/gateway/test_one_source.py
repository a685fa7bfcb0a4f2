"""REST, gRPC and the custom resource carry one document, under one set of names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor
from pydantic import BaseModel

from alur_api.executions.v1 import executions_pb2 as executions
from alur_api.nodes.v1 import nodes_pb2 as nodes
from alur_api.workflows.v1 import workflows_pb2 as workflows
from alur_engine.document import Spec, Workflow
from alur_gateway.adapters.rest import execution_models as of_executions
from alur_gateway.adapters.rest import models
from alur_operator.domain.crd import workflow_crd
from alur_operator.domain.rules import DECLARED

OTHERWISE = {"duration": "durationMs"}
"""What a message says with a type of its own, and REST with a number."""
OF_A_WORKFLOW = {"project", "name", "uid", "activeVersion", "etag", "document", "triggers"}
"""Its document whole, and what identifies it: REST has these in the document's metadata and status, and in the ETag."""
SAME: list[tuple[Any, type[BaseModel]]] = [
    (workflows.TriggerStatus, models.TriggerStatus),
    (workflows.Version, models.Version),
    (workflows.Problem, models.Fault),
    (executions.Execution, of_executions.ExecutionDocument),
    (executions.NodeRun, of_executions.NodeRun),
    (executions.Error, models.Failure),
    (executions.LogLine, of_executions.ExecutionLogLine),
    (nodes.NodeType, models.NodeType),
]


def aliases(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def names(message: Any) -> set[str]:  # noqa: ANN401  # the class of a message has no type of its own
    descriptor: Descriptor = message.DESCRIPTOR
    return {OTHERWISE.get(field.json_name, field.json_name) for field in descriptor.fields}


@pytest.mark.parametrize("message", range(len(SAME)), ids=lambda n: SAME[n][0].DESCRIPTOR.name)
def test_what_a_message_tells_rest_tells_under_the_same_name(message: int) -> None:
    told, model = SAME[message]
    assert names(told) - aliases(model) == set()


def test_no_message_declares_the_document_anew() -> None:
    assert names(workflows.Workflow) == OF_A_WORKFLOW
    carried = {
        (message.name, field.message_type and field.message_type.full_name)
        for message in workflows.DESCRIPTOR.message_types_by_name.values()
        for field in message.fields
        if field.name == "document"
    }
    holders = ("Workflow", "Version", "CreateRequest", "UpdateRequest", "ValidateRequest")
    assert carried == {(name, "google.protobuf.Struct") for name in holders}


def test_rest_reads_and_answers_the_document_of_files() -> None:
    assert models.WorkflowDocument.model_fields["spec"].annotation is Spec
    assert aliases(models.WorkflowDocument) - aliases(Workflow) == {"status"}


def test_the_words_of_a_status_are_those_of_rest() -> None:
    described = of_executions.ExecutionBrief.model_json_schema()["properties"]["status"]["enum"]
    values = executions.Status.DESCRIPTOR.values
    known = {value.name.removeprefix("STATUS_").lower().replace("_", "-") for value in values}
    assert set(described) <= known


def of_model(schema: Mapping[str, Any], models_: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the path of each field of a JSON Schema."""
    if "$ref" in schema:
        schema = models_[schema["$ref"].removeprefix("#/$defs/")]
    for part in schema.get("anyOf", ()):
        yield from of_model(part, models_, path)
    if "items" in schema:
        yield from of_model(schema["items"], models_, f"{path}[]")
    for name, part in schema.get("properties", {}).items():
        place = f"{path}.{name}"
        yield place
        yield from of_model(part, models_, place)


def of_resource(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if "items" in schema:
        yield from of_resource(schema["items"], f"{path}[]")
    for name, part in schema.get("properties", {}).items():
        if name not in DECLARED.get(path, {}):
            place = f"{path}.{name}"
            yield place
            yield from of_resource(part, place)


def test_the_custom_resource_has_the_fields_of_the_document() -> None:
    schema = Spec.model_json_schema(by_alias=True)
    (version,) = workflow_crd()["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    wanted = sorted(of_model(schema, schema["$defs"], "spec"))
    assert sorted(of_resource(spec, "spec")) == wanted
    assert {"spec.nodes[].retry.maxDelay", "spec.settings.deletionPolicy"} <= set(wanted)
