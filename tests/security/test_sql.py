"""Line 35 of the checklist, SQL: the SDK's helper binds values, and quotes names."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_sdk.errors import Permanent
from alur_sdk.sql import Placeholders, bind, identifier

QUESTION, FORMAT, NUMBERED = Placeholders


@pytest.mark.parametrize(
    ("placeholders", "sql"),
    [
        (QUESTION, "SELECT a::int, '%' FROM t WHERE x = ? AND y = ? OR x = ?"),
        (FORMAT, "SELECT a::int, '%%' FROM t WHERE x = %s AND y = %s OR x = %s"),
        (NUMBERED, "SELECT a::int, '%' FROM t WHERE x = $1 AND y = $2 OR x = $3"),
    ],
)
def test_names_become_places_as_the_driver_has_them(placeholders: Placeholders, sql: str) -> None:
    asked = "SELECT a::int, '%' FROM t WHERE x = :x AND y = :y_2 OR x = :x"
    bound = bind(asked, {"x": 1, "y_2": "'; DROP TABLE t; --"}, placeholders)
    assert (bound.sql, bound.values) == (sql, (1, "'; DROP TABLE t; --", 1))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ':no'", "SELECT 'it''s :no'", 'SELECT ":no"', "SELECT `:no`", "SELECT 1 -- :no",
        "SELECT /* :no /* :no */ :no */ 1", "SELECT $$ :no $$", "SELECT $a$ :no $$ $a$", "SELECT 1::no",
        "SELECT 1;", "SELECT 1; -- the end", "SELECT 1 - 1 / 2 ; ",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_place_is_none(sql: str) -> None:
    assert bind(sql, {}, QUESTION).sql == sql


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM t WHERE x = '{{ $json.x }}'", "expression"),
        ("SELECT 1; DROP TABLE t", "more than one statement"),
        ("SELECT 1; :x", "more than one statement"),
        ("SELECT 1;;", "more than one statement"),
        ("SELECT 1; /* */ DROP TABLE t", "more than one statement"),
        ("SELECT 'open :x", "does not end"),
        ("SELECT /* open :x", "does not end"),
        ("SELECT 1\0", "NUL"),
        ("SELECT :y", "names :y"),
        ("SELECT 1", "no place :x"),
    ],
)
def test_a_slip_or_an_attack_is_refused(sql: str, why: str) -> None:
    with pytest.raises(Permanent, match=why):
        bind(sql, {"x": 1}, QUESTION)


@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_35_no_value_becomes_sql(value: str) -> None:
    with sqlite3.connect(":memory:") as store:
        store.execute("CREATE TABLE t (a TEXT)")
        insert = bind("INSERT INTO t VALUES (:a)", {"a": value}, QUESTION)
        store.execute(insert.sql, insert.values)
        found = bind("SELECT a FROM t WHERE a = :a", {"a": value}, QUESTION)
        assert store.execute(found.sql, found.values).fetchall() == [(value,)]


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=15)  # fmt: skip


@given(name=NAMES)
def test_35_no_name_becomes_sql(name: str) -> None:
    with sqlite3.connect(":memory:") as store:
        store.execute(f"CREATE TABLE {identifier(name)} (a TEXT)")
        (kept,) = store.execute("SELECT name FROM sqlite_master").fetchone()
        assert kept == name


@pytest.mark.parametrize("name", ["", "a\0b", "n" * 64])
def test_what_can_be_no_name_is_refused(name: str) -> None:
    with pytest.raises(Permanent, match="no name"):
        identifier(name)
