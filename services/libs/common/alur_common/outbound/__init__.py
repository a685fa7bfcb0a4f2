"""The outbound guard: where nodes may connect to, decided once and at the socket."""

from alur_common.outbound.addresses import Address, is_metadata, is_public
from alur_common.outbound.allowed import AllowedNetworks
from alur_common.outbound.guard import Answer, Guard, RefusedError, Resolver, system_resolver
from alur_common.outbound.targets import Target, parse_target

__all__ = [
    "Address",
    "AllowedNetworks",
    "Answer",
    "Guard",
    "RefusedError",
    "Resolver",
    "Target",
    "is_metadata",
    "is_public",
    "parse_target",
    "system_resolver",
]
