"""A load of webhook calls on kept-alive connections, and the CPU that a process takes for it."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a load came to: CPU in ms for each execution, executions a second and in all, median latency in ms."""

    cpu_ms: float
    a_second: float
    count: int
    p50_ms: float


def cpu_ms(*pids: int) -> float:
    """Return the CPU time that processes and their threads have taken, user and system, in ms."""
    stats = (Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids)
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) * TICK_MS


def chain(name: str, nodes: int, **more: Any) -> dict[str, Any]:
    """Return a workflow of a webhook and so many transforms, each with `more`, that answers with the result."""
    names = [f"s{index}" for index in range(nodes)]
    fields = {"n": "{{ ($json.body ? $json.body.n : $json.n) + 1 }}"}
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {
            "triggers": [
                {
                    "name": "in",
                    "type": "trigger.webhook",
                    "params": {"path": "in", "methods": ["POST"], "respond": "result"},
                }
            ],
            "nodes": [
                {"name": n, "type": "core.set", "params": {"fields": fields}, **more} for n in names
            ],
            "edges": [{"from": a, "to": b} for a, b in zip(["in", *names], names, strict=False)],
        },
    }


async def measure(url: str, pids: Sequence[int], connections: int, seconds: float) -> Figures:
    """Call the webhook from so many connections for so long; the CPU is that of all these processes."""
    target = urlsplit(url)
    body = b'{"n":1}'
    request = (
        f"POST {target.path} HTTP/1.1\r\nhost: {target.netloc}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body
    latencies: list[float] = []
    end = time.monotonic() + seconds

    async def caller() -> None:
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        begun = time.monotonic()
        while begun < end or not latencies:
            await _exchange(reader, writer, request)
            latencies.append((time.monotonic() - begun) * 1000)
            begun = time.monotonic()
        writer.close()

    before, begun = cpu_ms(*pids), time.monotonic()
    await asyncio.gather(*(caller() for _ in range(connections)))
    took = time.monotonic() - begun
    count = len(latencies)
    return Figures(
        (cpu_ms(*pids) - before) / count, count / took, count, statistics.median(latencies)
    )


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> None:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the webhook answered {head[:60]!r}")
    lines = head.lower().split(b"\r\n")
    length = next(int(x.split(b":")[1]) for x in lines if x.startswith(b"content-length:"))
    await reader.readexactly(length)
