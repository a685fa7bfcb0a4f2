"""Ten thousand seeds under which the platform keeps its promises, and four mutations that it does not survive."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from alur_engine.validation import validate_document
from tests.simulation import cases, faults
from tests.simulation.mutations import MUTATIONS
from tests.simulation.run import play, run_many, simulate
from tests.simulation.world import catalogue

SEEDS = 10_000
CHUNKS = 20
WITHIN = 1_000
Mutation = Callable[[], AbstractContextManager[None]]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_faults_change_nothing_but_the_time_it_takes(chunk: int) -> None:
    size = SEEDS // CHUNKS
    assert run_many(range(chunk * size, (chunk + 1) * size)) == {}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.__name__)
def test_a_broken_promise_is_seen_within_a_thousand_seeds(mutation: Mutation) -> None:
    with mutation():
        runs = ((seed, simulate(seed)) for seed in range(WITHIN))
        found = next(((seed, broken) for seed, broken in runs if broken), None)
    assert found is not None
    sys.stdout.write(f"seen by seed {found[0]}: {found[1][0]}\n")


def test_a_seed_gives_the_same_run_again() -> None:
    first, second = (play(cases.drawn(7), faults.drawn(7), 7) for _ in range(2))
    assert first == second
    assert first.ended


@pytest.mark.parametrize("seed", range(100))
def test_cases_are_workflows_that_a_user_may_save(seed: int) -> None:
    case = cases.drawn(seed)
    document = {"apiVersion": "alur.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "case"}}
    assert validate_document({**document, "spec": case.spec}, catalogue())[1] == []
