"""Log lines and metrics."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog

from alur_common.telemetry import Metrics, configure_logs, get_logger, start_metrics_server
from alur_common.telemetry import metrics as metrics_module
from alur_common.telemetry.declared import METRICS
from alur_sdk.errors import UnavailableError


class Log:
    """The lines written so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    log = Log()
    configure_logs("gateway", "info", log.stream)
    yield log
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def test_a_line_says_when_who_and_what(log: Log) -> None:
    get_logger("alur.executor").info("node finished", execution="e-1", node="shape")
    (line,) = log.lines()
    assert line.pop("ts").endswith("Z")
    assert line == {
        "level": "info",
        "msg": "node finished",
        "service": "gateway",
        "logger": "alur.executor",
        "execution_id": "e-1",
        "node": "shape",
    }


def test_lines_below_the_level_are_not_written(log: Log) -> None:
    get_logger("x").debug("nobody sees it")
    assert log.lines() == []


def test_an_error_shows_its_traceback_in_one_line(log: Log) -> None:
    try:
        int("broken")
    except ValueError:
        get_logger("x").exception("it failed")
    (line,) = log.lines()
    assert line["level"] == "error"
    assert line["exception"].endswith("10: 'broken'")


def test_lines_of_libraries_look_alike(log: Log) -> None:
    logging.getLogger("uvicorn").warning("port %d is taken", 80)
    (line,) = log.lines()
    assert (line["msg"], line["logger"]) == ("port 80 is taken", "uvicorn")


def test_a_line_that_a_chatty_library_repeats_is_written_once_in_ten_seconds(log: Log) -> None:
    library = logging.getLogger("aiokafka.consumer")
    for number, second in enumerate([100.0, 101.0, 109.9, 110.0]):
        record = library.makeRecord(
            library.name, logging.ERROR, "", 0, "partition %s has no leader", (number,), None
        )
        record.created = second
        library.handle(record)
    told = [(line["msg"], line.get("repeated")) for line in log.lines()]
    assert told == [("partition 0 has no leader", None), ("partition 3 has no leader", 2)]


@pytest.mark.parametrize("name", ["password", "Authorization", "client_secret", "token", "Cookie"])
def test_secrets_are_not_written(log: Log, name: str) -> None:
    get_logger("x").info("signed in", **{name: "hunter2"})
    assert "hunter2" not in log.stream.getvalue()


@pytest.mark.parametrize("value", [2**70, "\ud800", object(), b"bytes", {1: {2}}])
def test_any_value_makes_a_line(log: Log, value: object) -> None:
    get_logger("x").info("odd", value=value)
    assert log.lines()[0]["msg"] == "odd"


def test_a_line_feed_in_a_value_makes_no_second_line(log: Log) -> None:
    get_logger("x").info("odd", value='a\n{"level":"error"}')
    assert len(log.lines()) == 1


def test_loading_the_logs_loads_no_rich() -> None:
    program = "import sys, alur_common.telemetry; sys.exit('rich.traceback' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - fixed


def test_a_metric_asked_for_twice_is_one() -> None:
    metrics = Metrics()
    metrics.counter("bus_published_total").labels("a").inc()
    metrics.counter("bus_published_total").labels("a").inc()
    assert 'alur_bus_published_total{topic="a"} 2.0' in metrics.text()


def test_a_name_is_of_one_kind() -> None:
    metrics = Metrics()
    with pytest.raises(ValueError, match="no histogram executor_active_runs"):
        metrics.times("executor_active_runs")


def test_a_metric_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="declared"):
        Metrics().counter("bus_things_total")


def test_metrics_are_named_as_what_they_are() -> None:
    names = [one.name for one in METRICS]
    assert len(set(names)) == len(names)
    for one in METRICS:
        assert one.name.endswith("_total") == (one.kind == "counter"), one.name
        assert not {"execution", "path", "url", "user", "tenant"} & set(one.labels), one.name


def test_no_series_tells_when_it_was_created() -> None:
    metrics = Metrics()
    metrics.counter("store_pool_timeouts_total").inc()
    assert "_created" not in metrics.text()


async def test_metrics_are_served_on_a_free_port() -> None:
    metrics = Metrics()
    metrics.gauge("executor_active_runs").set(7)
    server = start_metrics_server(metrics, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await asyncio.to_thread(server.close)
    assert b"alur_executor_active_runs 7.0" in answer


async def test_a_process_lives_while_its_event_loop_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_module, "LIFE_SECONDS", 0.2)
    server = start_metrics_server(Metrics(), "127.0.0.1", 0)

    def asked() -> int:
        return httpx.get(f"http://127.0.0.1:{server.port}/livez").status_code

    assert await asyncio.to_thread(asked) == 200
    assert asked() == 503, "nothing else turned meanwhile"
    assert await asyncio.to_thread(asked) == 200
    await asyncio.to_thread(server.close)


async def test_a_taken_port_is_named() -> None:
    server = start_metrics_server(Metrics(), "127.0.0.1", 0)
    with pytest.raises(UnavailableError, match=str(server.port)):
        start_metrics_server(Metrics(), "127.0.0.1", server.port)
    server.close()
