"""`NodeTypesService`."""

from __future__ import annotations

from alur_api.nodes.v1 import nodes_pb2 as pb
from alur_api.nodes.v1.nodes_pb2_grpc import NodeTypesServiceServicer
from alur_gateway.adapters.grpc.guard import caller
from alur_gateway.adapters.grpc.messages import node_type_message
from alur_gateway.adapters.grpc.paging import page_size, position
from alur_gateway.service.use_cases import UseCases


class NodeTypesServicer(NodeTypesServiceServicer):
    """The catalogue, as `nodes.proto` describes it. Errors are translated by the guard."""

    def __init__(self, use: UseCases) -> None:
        self._use = use

    async def Get(self, request: pb.GetRequest, _context: object) -> pb.GetResponse:  # noqa: N802  # the name of the RPC
        shown = await self._use.registry.get_node_type(caller(), request.type)
        return pb.GetResponse(node_type=node_type_message(shown))

    async def List(self, request: pb.ListRequest, _context: object) -> pb.ListResponse:  # noqa: N802  # the name of the RPC
        shown = await self._use.registry.list_node_types(caller())
        shown = sorted(shown, key=lambda entry: str(entry["type"]))
        begin, size = position(request.page_token), page_size(request.page_size)
        end = begin + size
        return pb.ListResponse(
            node_types=[node_type_message(entry) for entry in shown[begin:end]],
            next_page_token=str(end) if end < len(shown) else "",
        )
