"""The contract of an Alur node and its testing kit.

The parts are loaded when they are first named: whoever wants the errors alone does not pay for the models.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alur_sdk.durations import Duration, duration_seconds
    from alur_sdk.errors import (
        AlurError,
        ByteLimitError,
        DepthLimitError,
        ExpressionError,
        ItemLimitError,
        LimitError,
        MemoryLimitError,
        NodeError,
        NodeRunLimitError,
        Permanent,
        Problem,
        RateLimited,
        Retryable,
        StepLimitError,
        TimeLimitError,
    )
    from alur_sdk.items import Item, Json, Outputs, Sent
    from alur_sdk.nodes import (
        OWN_REPLY_HEADERS,
        BatchNode,
        ChildStart,
        CodeJob,
        CodeRunner,
        Condition,
        CredentialSlot,
        Effect,
        EffectWhen,
        Emitted,
        Http,
        HttpRequest,
        HttpResponse,
        ItemNode,
        Kafka,
        KafkaRecord,
        Node,
        NodeContext,
        Params,
        Replied,
        Reply,
        Result,
        ScopeNode,
        Secret,
        Started,
        Stop,
        TriggerNode,
        Wait,
    )

__all__ = [
    "OWN_REPLY_HEADERS",
    "AlurError",
    "BatchNode",
    "ByteLimitError",
    "ChildStart",
    "CodeJob",
    "CodeRunner",
    "Condition",
    "CredentialSlot",
    "DepthLimitError",
    "Duration",
    "Effect",
    "EffectWhen",
    "Emitted",
    "ExpressionError",
    "Http",
    "HttpRequest",
    "HttpResponse",
    "Item",
    "ItemLimitError",
    "ItemNode",
    "Json",
    "Kafka",
    "KafkaRecord",
    "LimitError",
    "MemoryLimitError",
    "Node",
    "NodeContext",
    "NodeError",
    "NodeRunLimitError",
    "Outputs",
    "Params",
    "Permanent",
    "Problem",
    "RateLimited",
    "Replied",
    "Reply",
    "Result",
    "Retryable",
    "ScopeNode",
    "Secret",
    "Sent",
    "Started",
    "StepLimitError",
    "Stop",
    "TimeLimitError",
    "TriggerNode",
    "Wait",
    "duration_seconds",
]
_PARTS = ("errors", "items", "durations", "nodes")


def __getattr__(name: str) -> object:
    """Load the part that has this name (PEP 562); the light ones are looked through first."""
    if name in __all__:
        for part in _PARTS:
            module = import_module(f"{__name__}.{part}")
            if hasattr(module, name):
                globals()[name] = getattr(module, name)
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
