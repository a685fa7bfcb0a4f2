"""Node types, validation and the preview of expressions over REST."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import Response

from alur_gateway.adapters.rest.bodies import body_of, document_body
from alur_gateway.adapters.rest.models import (
    EvaluateBody,
    NodeType,
    NodeTypeList,
    ValidateBody,
    Validation,
    Value,
)
from alur_gateway.adapters.rest.routing import (
    PAGE_SIZE,
    Cursor,
    Limit,
    Route,
    Who,
    page,
    reply,
)
from alur_gateway.domain.pages import page_of
from alur_gateway.service.use_cases import UseCases

Document = Annotated[Any, Depends(document_body)]
EvaluateArg = Annotated[EvaluateBody, body_of(EvaluateBody)]


class ToolRoutes:
    """Handlers of what the editor asks while somebody draws."""

    def __init__(self, use: UseCases) -> None:
        self._use = use

    def routes(self) -> list[Route]:
        """Return the routes."""
        routes = [
            Route("GET", "/node-types", self.list_node_types, NodeTypeList),
            Route("GET", "/node-types/{type}", self.get_node_type, NodeType),
            Route("POST", "/validate", self.validate, Validation, 200, ValidateBody),
            Route(
                "POST",
                "/expressions:evaluate",
                self.evaluate_expression,
                Value,
                200,
                EvaluateBody,
            ),
        ]
        return [route.tagged("tools") for route in routes]

    async def list_node_types(
        self, caller: Who, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of the catalogue of node types, by name."""
        types = await self._use.registry.list_node_types(caller)
        return page(*page_of(types, limit, cursor, key=lambda kind: str(kind["type"])))

    async def get_node_type(self, type: str, caller: Who) -> Response:  # noqa: A002  # the word of the contract
        """Return one node type."""
        return reply(200, await self._use.registry.get_node_type(caller, type))

    async def validate(self, caller: Who, sent: Document) -> Response:
        """Return every fault of a document, sent bare or as `{document}`, and what a sound one risks; nothing is kept."""
        is_wrapped = isinstance(sent, dict) and set(sent) == {"document"}
        document = sent["document"] if is_wrapped else sent
        verdict = await self._use.registry.validate(caller, document)
        errors, warnings = (
            [{"path": p.path, "code": p.code, "message": p.message} for p in found]
            for found in (verdict.problems, verdict.warnings)
        )
        return reply(200, {"valid": not errors, "errors": errors, "warnings": warnings})

    async def evaluate_expression(self, caller: Who, body: EvaluateArg) -> Response:
        """Evaluate a template on the data that is sent."""
        data = body.model_dump(by_alias=True, exclude_none=True, exclude={"expression"})
        value = await self._use.evaluating.evaluate(caller.tenant, body.expression, data)
        return reply(200, {"value": value})
