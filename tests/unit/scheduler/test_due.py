"""When schedules are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alur_engine.validation.cron import cron_problem
from alur_scheduler.domain.due import delay, dues, next_due, rule_of, to_fire
from alur_sdk.errors import InvalidError

ZONES = ("UTC", "Asia/Jakarta", "America/New_York", "Europe/London", "Australia/Lord_Howe")
CRONS = ("*/20 * * * * *", "*/7 * * * *", "30 1 * * *", "30 2 * * *", "0 9 * * MON", "0 0 1 * *")

TERM = r"(\*|L|LW|5L|[0-9]{1,2}|[1-6]-[1-6]|MON|FRI-MON|MON#2|\*/[0-9]{1,2}|3-9/2)"
CRON_LIKE = rf"0 9 {TERM}(,{TERM})? {TERM} {TERM}"


def at(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(moment: float | None, zone: str) -> str:
    assert moment is not None
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).isoformat()


def of_day(cron: str, zone: str, day: str) -> list[str]:
    """Return when a rule is due from one midnight to the next, by the clock and its distance from UTC."""
    rule = rule_of({"cron": cron}, zone, 0)
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    first = next_due(rule, midnight.timestamp() - 1)
    assert first is not None
    last = (midnight + timedelta(days=1)).timestamp() - 1
    return [shown(due, zone)[11:16] + shown(due, zone)[19:22] for due in dues(rule, first, last)]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 2 * * *", "Asia/Jakarta", "2026-03-01T02:00:00", "2026-03-02T02:00:00+07:00"),
        ("*/10 * * * * *", "UTC", "2026-03-01T00:00:01", "2026-03-01T00:00:10+00:00"),
        ("30 2 * * *", "America/New_York", "2026-03-08T01:00:00", "2026-03-08T03:00:00-04:00"),
        ("30 1 * * *", "America/New_York", "2026-11-01T00:00:00", "2026-11-01T01:30:00-04:00"),
        ("30 1 * * *", "Europe/London", "2026-03-29T00:30:00", "2026-03-29T02:00:00+01:00"),
    ],
)
def test_a_cron_time_is_read_in_its_zone_also_when_the_clocks_change(
    cron: str, zone: str, after: str, expected: str
) -> None:
    rule = rule_of({"cron": cron}, zone, 0)
    assert shown(next_due(rule, at(after, zone)), zone) == expected


def test_a_time_that_daylight_saving_repeats_is_due_once() -> None:
    rule = rule_of({"cron": "30 1 * * *"}, "America/New_York", 0)
    first = next_due(rule, at("2026-11-01T00:00:00", "America/New_York"))
    assert first is not None
    assert shown(next_due(rule, first), "America/New_York") == "2026-11-02T01:30:00-05:00"


@pytest.mark.parametrize(
    ("cron", "zone", "day", "expected"),
    [
        ("0 30 2 * * *", "Europe/Berlin", "2026-03-29", ["03:00+02"]),
        ("0 30 2 * * *", "Europe/Berlin", "2026-10-25", ["02:30+02"]),
        ("0 0 0 * * *", "Asia/Beirut", "2026-03-29", ["01:00+03"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-03-29", ["03:00+02"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-10-25", ["02:00+02", "02:30+02"]),
        ("30 1-3 * * *", "Europe/Berlin", "2026-03-29", ["01:30+01", "03:00+02", "03:30+02"]),
        (
            "0 */2 * * *",
            "Europe/Berlin",
            "2026-10-25",
            [f"{h:02}:00+0{2 - (h > 2)}" for h in range(0, 24, 2)],
        ),
    ],
)
def test_a_given_time_that_daylight_saving_skips_or_repeats_is_due_once_however_it_is_written(
    cron: str, zone: str, day: str, expected: list[str]
) -> None:
    assert of_day(cron, zone, day) == expected


@pytest.mark.parametrize("hours", ["*", "*/1", "0-23"])
def test_a_rule_of_every_hour_goes_by_the_time_that_passes(hours: str) -> None:
    spring = of_day(f"30 {hours} * * *", "Europe/Berlin", "2026-03-29")
    autumn = of_day(f"*/30 {hours} * * *", "Europe/Berlin", "2026-10-25")
    assert spring[:4] == ["00:30+01", "01:30+01", "03:30+02", "04:30+02"]
    assert autumn[4:8] == ["02:00+02", "02:30+02", "02:00+01", "02:30+01"]
    assert (len(spring), len(autumn)) == (23, 50)


def test_a_rule_of_every_hour_on_a_day_whose_midnight_is_skipped_begins_right_after() -> None:
    assert of_day("*/30 * 29 3 *", "Asia/Beirut", "2026-03-29")[:2] == ["01:00+03", "01:30+03"]


@given(st.sampled_from(CRONS), st.sampled_from(ZONES), st.integers(0, 2_000_000_000))
def test_due_times_only_grow(cron: str, zone: str, start: int) -> None:
    rule = rule_of({"cron": cron}, zone, 0)
    first = next_due(rule, float(start))
    assert first is not None
    times = list(dues(rule, first, first + 40 * 86_400, limit=40))
    assert all(later > earlier for earlier, later in pairwise([float(start), *times]))


@given(st.integers(1, 100_000), st.floats(0, 1e9), st.floats(0, 1e9))
def test_every_counts_from_the_activation(seconds: int, activated: float, after: float) -> None:
    rule = rule_of({"every": f"PT{seconds}S"}, "UTC", activated)
    due = next_due(rule, after)
    assert due is not None
    assert due > after or due == pytest.approx(after)
    assert (due - activated) / seconds == pytest.approx(round((due - activated) / seconds))


@pytest.mark.parametrize(
    ("policy", "expected"), [("all", [1.0, 2.0, 3.0]), ("last", [3.0]), ("none", [])]
)
def test_what_passed_while_nothing_ran_is_made_up_for_by_policy(
    policy: str, expected: list[float]
) -> None:
    rule = rule_of({"every": "PT1S", "catchUp": policy}, "UTC", 0)
    assert to_fire(rule, [1.0, 2.0, 3.0], running_since=10.0) == expected


def test_what_was_due_while_it_ran_fires_whatever_the_policy() -> None:
    rule = rule_of({"every": "PT1S", "catchUp": "none"}, "UTC", 0)
    assert to_fire(rule, [1.0, 2.0, 3.0], running_since=1.5) == [2.0, 3.0]


def test_jitter_is_within_its_bound_and_the_same_whenever_it_is_asked() -> None:
    rule = rule_of({"every": "PT1M", "jitter": "PT10S"}, "UTC", 0)
    delays = [delay(rule, "w/t", due) for due in range(0, 600, 60)]
    assert delays == [delay(rule, "w/t", due) for due in range(0, 600, 60)]
    assert all(0 <= d < 10 for d in delays)
    assert len(set(delays)) > 1


@given(st.from_regex(CRON_LIKE, fullmatch=True))
@example("0 9 * * FRI-MON")
@example("0 9 */31 * MON#2")
def test_validation_takes_what_can_be_planned_and_nothing_else(cron: str) -> None:
    try:
        due = next_due(rule_of({"cron": cron}, "Europe/Berlin", 0), 1.8e9)
    except InvalidError:
        due = None
    assert (cron_problem(cron) is None) == (due is not None)


def test_a_bad_cron_expression_is_told() -> None:
    with pytest.raises(InvalidError, match="no cron expression"):
        next_due(rule_of({"cron": "99 * * * *"}, "UTC", 0), datetime.now(UTC).timestamp())
