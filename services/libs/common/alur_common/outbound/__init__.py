"""The outbound guard: where nodes may connect to, decided once and at the socket."""

from alur_common.outbound.addresses import Address, is_metadata, is_public
from alur_common.outbound.allowed import AllowedNetworks
from alur_common.outbound.decisions import Asker, Decisions, asking
from alur_common.outbound.guard import (
    Answer,
    Guard,
    Guards,
    RefusedError,
    Resolver,
)
from alur_common.outbound.lists import AllowLists
from alur_common.outbound.targets import Target, parse_target

__all__ = [
    "Address",
    "AllowLists",
    "AllowedNetworks",
    "Answer",
    "Asker",
    "Decisions",
    "Guard",
    "Guards",
    "RefusedError",
    "Resolver",
    "Target",
    "asking",
    "is_metadata",
    "is_public",
    "parse_target",
]
