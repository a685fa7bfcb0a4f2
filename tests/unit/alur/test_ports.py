"""Ports are kept for processes that listen later."""

from __future__ import annotations

import socket

import pytest

from alur.dev import ports
from alur.dev.ports import held_port
from alur_sdk.errors import UnavailableError


def test_a_held_port_is_given_to_nobody_who_does_not_name_it_as_a_server() -> None:
    with (
        held_port("127.0.0.1", 0) as port,
        socket.socket() as other,
        pytest.raises(OSError, match="in use"),
    ):
        other.bind(("127.0.0.1", port))


def test_a_server_listens_on_a_held_port_and_again_after_it_died() -> None:
    with held_port("127.0.0.1", 0) as port:
        for _ in range(2):
            with socket.create_server(("127.0.0.1", port)):
                socket.create_connection(("127.0.0.1", port)).close()


def test_a_port_on_which_somebody_listens_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "PATIENCE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with (
            pytest.raises(UnavailableError, match=f"port {taken} of 127.0.0.1 cannot be had"),
            held_port("127.0.0.1", taken),
        ):
            pytest.fail("it was held")
