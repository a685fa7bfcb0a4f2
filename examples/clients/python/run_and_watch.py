"""Run the example `price-line` by gRPC and watch it to its end."""

import os

import grpc
from google.protobuf.struct_pb2 import Struct

from alur_api.executions.v1 import executions_pb2 as api
from alur_api.executions.v1.executions_pb2_grpc import ExecutionsServiceStub

item = Struct()
item.update({"sku": "A", "price": 10, "quantity": 12})
who = [("authorization", f"Bearer {os.environ['ALUR_TOKEN']}")]

with grpc.insecure_channel(os.environ.get("ALUR_GRPC", "127.0.0.1:50051")) as channel:
    executions = ExecutionsServiceStub(channel)
    run = executions.Run(api.RunRequest(workflow="price-line", input=[item]), metadata=who)
    for told in executions.Watch(api.WatchRequest(id=run.execution.id), metadata=who, timeout=60):
        if told.WhichOneof("change") == "node":
            print(told.node.name, api.Status.Name(told.node.status))
        elif told.execution.output:
            print(api.Status.Name(told.execution.status), told.execution.output[0]["amount"])
