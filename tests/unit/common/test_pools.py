"""Which pools a setting names, and what an executor that serves them takes."""

from __future__ import annotations

import pytest

from alur_common.pools import EVERY, PoolProjects, Pools


def test_names_are_read_once_each_whatever_stands_around_them() -> None:
    assert Pools.parse(" gpu, default,,gpu ").names == ("gpu", "default")


@pytest.mark.parametrize("text", ["", " , ", "GPU", "a b", "-a", "a" * 64, "default,*x"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="pool"):
        Pools.parse(text)


def test_a_pool_is_served_by_its_name_or_by_all() -> None:
    assert Pools.parse("default,gpu").serves("gpu")
    assert EVERY.serves("gpu")
    assert not Pools.parse("default").serves("gpu")


@pytest.mark.parametrize(
    ("text", "takes"), [("default", False), ("gpu", True), ("default,gpu", True), ("*", True)]
)
def test_tasks_go_to_whoever_serves_more_than_the_default(text: str, takes: bool) -> None:
    assert Pools.parse(text).takes_tasks is takes


def test_a_pool_that_is_not_listed_is_for_all() -> None:
    kept = PoolProjects.parse(" gpu = vision ml , browser=acme/shop ")
    assert kept.permits("other", "default", "anything")
    assert kept.permits("gpu", "default", "ml")
    assert not kept.permits("gpu", "default", "shop")
    assert PoolProjects.parse("").permits("gpu", "default", "shop")


def test_a_project_of_another_tenant_is_named_with_its_tenant() -> None:
    kept = PoolProjects.parse("gpu=vision,browser=acme/shop")
    assert not kept.permits("gpu", "acme", "vision")
    assert kept.permits("browser", "acme", "shop")
    assert not kept.permits("browser", "default", "shop")


@pytest.mark.parametrize("text", ["gpu", "gpu=", "=vision", "GPU=vision"])
def test_a_text_that_keeps_no_pool_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="keeps no pool"):
        PoolProjects.parse(text)
