"""What the gateway asks of a registry in another process is what the registry serves."""

from __future__ import annotations

from alur_common.calls.client import methods_of
from alur_gateway.adapters.remote import KEPT_HERE
from alur_gateway.ports import Registry
from alur_registry.adapters.serving import FOR_CALLERS, FOR_SERVICES


def test_every_method_of_the_port_is_served() -> None:
    asked = {method.__name__ for method in methods_of(Registry, but=KEPT_HERE)}
    assert asked - {*FOR_CALLERS, *FOR_SERVICES} == set()
