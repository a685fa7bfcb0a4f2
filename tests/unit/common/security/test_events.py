"""Security events: counted, bounded, written behind the back of whoever noted them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from alur_common.security.events import (
    KINDS,
    MOST_KEPT,
    MOST_ORIGINS,
    OTHERS,
    WINDOW_SECONDS,
    SecurityEvent,
    SecurityEvents,
)
from alur_common.telemetry import Metrics
from alur_common.telemetry.logs import bind
from alur_sdk.errors import UnavailableError
from tests.support.clock import FakeClock


class Log:
    """Keeps what is written, unless it is out of reach."""

    def __init__(self) -> None:
        self.rows: list[SecurityEvent] = []
        self.is_lost = False

    async def record_security_events(self, events: Sequence[SecurityEvent]) -> None:
        if self.is_lost:
            raise UnavailableError("the registry is out of reach")
        self.rows += events


class Desk:
    """Security events of one process, written when a test says so."""

    def __init__(self) -> None:
        self.clock, self.log, self.metrics = FakeClock(), Log(), Metrics()
        self.events = SecurityEvents(self.log, self.clock, self.metrics)

    def note(self, kind: str = "proof-refused", source: str = "192.0.2.1", **said: Any) -> None:
        self.events.note(SecurityEvent(kind, "acme", source=source, **said))

    async def after(self, seconds: float) -> list[tuple[str, int]]:
        """Return source and count of each row that is written in this time."""
        self.clock.advance(seconds)
        before = len(self.log.rows)
        await self.events.flush()
        return [(row.source, row.count) for row in self.log.rows[before:]]

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"alur_{name}", labels) or 0.0


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    desk.log.is_lost = False
    await desk.events.close()


async def test_the_first_of_an_origin_is_written_soon(desk: Desk) -> None:
    desk.note()
    assert await desk.after(0.5) == []
    assert await desk.after(1) == [("192.0.2.1", 1)]


async def test_the_same_again_is_one_row_a_window_with_its_number(desk: Desk) -> None:
    desk.note()
    await desk.after(1)
    for _ in range(500):
        desk.note()
    assert await desk.after(1) == []
    assert await desk.after(WINDOW_SECONDS) == [("192.0.2.1", 500)]
    assert await desk.after(WINDOW_SECONDS) == []
    assert desk.counted("security_events_total", kind="proof-refused") == 501


async def test_a_row_says_from_when_to_when(desk: Desk) -> None:
    begun = desk.clock.now()
    desk.note()
    desk.clock.advance(0.5)
    desk.note()
    await desk.after(1)
    (row,) = desk.log.rows
    assert (row.first_at, row.last_at) == (begun, begun + 0.5)


async def test_what_was_wanted_and_why_it_was_refused_are_rows_of_their_own(desk: Desk) -> None:
    for target in ("10.0.0.1", "169.254.169.254", "10.0.0.1"):
        desk.note("address-refused", target=target, reason="not a public address")
    desk.note("address-refused", target="10.0.0.1", reason="a port that is not open")
    await desk.after(1)
    assert [(row.target, row.count) for row in desk.log.rows] == [
        ("10.0.0.1", 2),
        ("169.254.169.254", 1),
        ("10.0.0.1", 1),
    ]


async def test_a_workflow_that_is_refused_much_hides_no_other(desk: Desk) -> None:
    for number in range(MOST_ORIGINS + 300):
        desk.note("address-refused", workflow="noisy", target=f"10.0.0.{number}")
    desk.note("address-refused", workflow="quiet", target="169.254.169.254")
    await desk.after(1)
    told = {(row.workflow, row.count) for row in desk.log.rows if row.source == OTHERS}
    assert told == {("noisy", 300), ("quiet", 1)}


async def test_many_workflows_at_once_are_counted_together_as_well(desk: Desk) -> None:
    for number in range(3 * MOST_ORIGINS):
        desk.note("address-refused", workflow=f"w{number}")
    await desk.after(1)
    assert len(desk.log.rows) == 2 * MOST_ORIGINS + 1
    assert (desk.log.rows[-1].workflow, desk.log.rows[-1].count) == ("", MOST_ORIGINS)


async def test_many_origins_at_once_are_counted_together(desk: Desk) -> None:
    for number in range(MOST_ORIGINS + 300):
        desk.note(source=f"198.51.100.{number}")
    rows = await desk.after(1)
    assert len(rows) == MOST_ORIGINS + 1
    assert rows[-1] == (OTHERS, 300)


async def test_a_flood_of_one_kind_hides_no_other(desk: Desk) -> None:
    for number in range(MOST_ORIGINS + 50):
        desk.note(source=f"198.51.100.{number}")
    desk.note("code-stopped", source="", workflow="orders")
    await desk.after(1)
    assert [row.workflow for row in desk.log.rows if row.kind == "code-stopped"] == ["orders"]


async def test_an_origin_counts_anew_once_it_has_been_quiet(desk: Desk) -> None:
    for number in range(MOST_ORIGINS):
        desk.note(source=f"198.51.100.{number}")
    await desk.after(1)
    await desk.after(WINDOW_SECONDS + 1)
    desk.note(source="203.0.113.9")
    assert await desk.after(2) == [("203.0.113.9", 1)]


async def test_a_log_that_is_out_of_reach_loses_nothing_and_fails_nobody(desk: Desk) -> None:
    desk.log.is_lost = True
    desk.note()
    assert await desk.after(1) == []
    desk.note()
    assert desk.counted("security_events_write_failures_total") == 1
    desk.log.is_lost = False
    assert await desk.after(10) == [("192.0.2.1", 2)]


async def test_what_is_held_in_memory_is_bounded(desk: Desk) -> None:
    for number in range(MOST_KEPT + 10):
        desk.events.note(SecurityEvent("event-refused", f"tenant-{number}"))
    assert len(await desk.after(1)) == MOST_KEPT
    assert desk.counted("security_events_lost_total", kind="event-refused") == 10


async def test_texts_are_cut_to_what_a_log_can_bear(desk: Desk) -> None:
    desk.note(target="x" * 10_000, source="y" * 10_000)
    await desk.after(1)
    assert {len(desk.log.rows[0].target), len(desk.log.rows[0].source)} == {200}


async def test_what_was_noted_is_written_when_the_process_ends(desk: Desk) -> None:
    desk.note()
    await desk.events.close()
    assert len(desk.log.rows) == 1


async def test_a_line_of_the_log_names_the_execution_of_its_event_and_no_other(
    desk: Desk,
) -> None:
    async def execution(name: str, *, is_first: bool) -> None:
        bind(execution_id=name, workflow_id="of " + name)
        desk.note("code-stopped", source=name, execution=name, workflow="w" if is_first else "")

    with capture_logs([merge_contextvars]) as lines:
        await asyncio.create_task(execution("e-1", is_first=True))
        await asyncio.create_task(execution("e-2", is_first=False))
        while len(lines) < 2:
            desk.clock.advance(1.0)
            desk.events._news.set()
            await asyncio.sleep(0)
    assert [(one["execution"], one.get("workflow")) for one in lines] == [
        ("e-1", "w"),
        ("e-2", None),
    ]
    assert not any("execution_id" in one or "workflow_id" in one for one in lines)


async def test_what_could_not_be_written_at_the_end_is_counted(desk: Desk) -> None:
    desk.log.is_lost = True
    desk.note()
    desk.note()
    await desk.events.close()
    assert desk.counted("security_events_lost_total", kind="proof-refused") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_means(kind: str) -> None:
    assert KINDS[kind].endswith(".")
    assert kind == kind.lower()
