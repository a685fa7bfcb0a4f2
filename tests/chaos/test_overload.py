"""One tenant asks for many times what can be done: it is refused in time, and hardly anybody else notices."""

from __future__ import annotations

import asyncio
import copy
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import quantiles

import httpx
import pytest

from alur_common.clock import SystemClock
from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.security.records import Member, Project
from alur_common.security.tokens import secret_hash, token_text
from alur_registry.adapters.stored import COLLECTIONS, stored
from alur_registry.domain.entities import KeptToken, Tenant
from tests.chaos.effects import Effects
from tests.chaos.ledger import ledger
from tests.chaos.work import Load, check, mib_of, put, start, workflow
from tests.support.alur_dev import AlurDev, alur_dev

SLOTS = 8
STEP_SECONDS = 0.4
CAPACITY = SLOTS / (5 * STEP_SECONDS)
"""Executions a second, at best."""
CALM_RATE = CAPACITY / 2
"""What the calm tenant asks for: its share."""
FLOOD_RATE = 10 * CAPACITY - CALM_RATE
ALONE_SECONDS = 6.0
OVERLOAD_SECONDS = 10.0
SLOWER = 2.0
GROWTH = 1.2
TOO_LONG_SECONDS = 60.0
CALM = "calm"


@pytest.fixture
def small(tmp_path: Path, servers: dict[str, str]) -> Iterator[AlurDev]:
    """A platform of one executor that does little at once."""
    own = {"ALUR_EXECUTOR_CONCURRENCY": str(SLOTS), "ALUR_BACKLOG_SECONDS": "1"}
    with alur_dev(
        tmp_path / "small", {**servers, **own}, ("--distributed", "--executors", "1")
    ) as running:
        yield running


@pytest.fixture
def calm(small: AlurDev, servers: dict[str, str]) -> Iterator[AlurDev]:
    """The same platform, spoken to as the owner of another tenant."""
    token = asyncio.run(_another_tenant(servers["ALUR_MONGO"]))
    seen = copy.copy(small)
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=small.url, timeout=60, headers=headers) as seen.rest:
        yield seen


async def _another_tenant(mongo: str) -> str:
    """Make a tenant, with a project and an owner; return a token of that owner."""
    now, secret = time.time(), token_text(secrets.token_hex(32))
    async with connect(mongo) as database:
        documents = MongoDocuments(database, SystemClock())
        await documents.open(COLLECTIONS)
        store = stored(documents)
        await store.tenants.insert(Tenant(CALM, owner=CALM, created_at=now, is_ready=True))
        await store.projects.insert(Project(CALM, "default", "Default", now))
        await store.members.insert(Member(CALM, CALM, "Owner", "", "owner", None, now))
        await store.tokens.insert(
            KeptToken(
                tenant=CALM,
                id=CALM,
                name=CALM,
                user=CALM,
                role="owner",
                scopes=("*",),
                projects=None,
                created_at=now,
                expires_at=None,
                secret_hash=secret_hash(secret),
            )
        )
        await documents.close()
    return secret


def _took(platform: AlurDev, ids: list[str]) -> float:
    """Return within how many seconds of their acceptance nineteen of twenty have ended."""
    shown = [platform.wait_for(i, "succeeded", within=60) for i in ids]
    return quantiles((_time(s["finishedAt"]) - _time(s["acceptedAt"]) for s in shown), n=20)[18]


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _memory(platform: AlurDev) -> dict[str, float]:
    services = ("gateway", "scheduler", "executor", "registry")
    return {service: mib_of(platform.pids(service)[0]) for service in services}


def _seconds_to_clear(mongo: str) -> float:
    begun = time.monotonic()
    with ledger(mongo) as kept:
        while kept.count_active():
            assert time.monotonic() - begun < TOO_LONG_SECONDS, "what was accepted is not done"
            time.sleep(0.2)
    return time.monotonic() - begun


def test_a_tenant_that_asks_for_nearly_all_of_ten_times_too_much_is_refused_and_slows_no_other(
    small: AlurDev, calm: AlurDev, world: Effects, servers: dict[str, str]
) -> None:
    world.pause = STEP_SECONDS
    flood_path = put(small, workflow("flood", world.port))
    calm_path = put(calm, workflow(CALM, world.port))
    with Load(calm, calm_path, CALM_RATE) as alone:
        time.sleep(ALONE_SECONDS)
    usual, before = _took(calm, alone.ids), _memory(small)
    with Load(small, flood_path, FLOOD_RATE) as flood, Load(calm, calm_path, CALM_RATE) as beside:
        time.sleep(OVERLOAD_SECONDS)
    cleared = _seconds_to_clear(servers["ALUR_MONGO"])
    slowed, after = _took(calm, beside.ids), _memory(small)
    check(small, world, flood.ids, besides=[*alone.ids, *beside.ids])
    world.figures |= {
        "refused": flood.answers[429],
        "seconds until all was done": round(cleared, 1),
    }
    world.figures |= {"p95 of the other alone": round(usual, 1), "beside": round(slowed, 1)}
    assert set(flood.answers) == {202, 429}
    assert set(beside.answers) <= {202, 429}
    assert beside.answers[202] > beside.answers.total() / 2, "who asks for little is refused too"
    assert slowed <= SLOWER * usual
    assert cleared <= 3 * OVERLOAD_SECONDS
    assert all(after[service] < GROWTH * before[service] for service in before), (before, after)
    assert start(small, flood_path)
