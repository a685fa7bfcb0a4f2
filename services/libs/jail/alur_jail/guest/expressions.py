"""Runs expressions: many of them for many items, in one request, beside the engine that knows the helpers."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from alur_jail.guest import wire
from alur_jail.guest.javascript_code import Guest


def runner(arguments: list[str]) -> Callable[[socket.socket, dict[str, Any], str], None]:
    """Return what runs one request; `arguments` name the module with `names` and `Bridge`."""
    module = import_module(arguments[0])
    bridges: list[Any] = []
    extension = Path(__file__).with_name("expressions.js").read_text()
    names = f"  const engineNames = {json.dumps(module.names())};\n"

    def engine(text: str) -> str:
        answer: str = bridges[0].answer(text)
        return answer

    def begin(text: str) -> str:
        time_zone, now_ms = json.loads(text)
        if time_zone != "UTC":
            os.environ["TZ"] = time_zone
            time.tzset()
        bridges.append(module.Bridge(now_ms, time_zone))
        return ""

    guest = Guest(names + extension, __engine=engine, __begin=begin)

    def run(link: socket.socket, limits: dict[str, Any], body: str) -> None:
        wire.send_text(link, guest.run(link, limits, body))

    return run
