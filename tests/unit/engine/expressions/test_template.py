from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from alur_engine.expressions import (
    Evaluator,
    Json,
    Limits,
    Scope,
    SyntaxProblem,
    find_problems,
    is_expression,
)
from alur_engine.expressions.braces import UnclosedError, split_text
from alur_sdk.errors import ExpressionError, LimitError
from tests.support.growth import LINEAR, growth

EVALUATOR = Evaluator()
ITEM = {"a": {"b": 1}, "text": "x", "list": [3, 1, 2], "none": None, "__class__": "plain data"}


@dataclass
class View:
    """A node that ran."""

    items: list[Json] = field(default_factory=list)

    @property
    def item(self) -> Json:
        return self.items[0] if self.items else None

    def first(self) -> Json:
        return self.items[0] if self.items else None

    def last(self) -> Json:
        return self.items[-1] if self.items else None

    def all(self) -> Sequence[Json]:
        return self.items


ORDERS = View([{"json": {"id": 1, "tags": ["b", "a"]}}, {"json": {"id": 2, "tags": []}}])


def find_node(name: str, index: int) -> View:
    if name not in {"the orders", "empty"}:
        raise ExpressionError(f"no node {name}")
    return ORDERS if name == "the orders" else View()


def fill(value: Json, item: Json = ITEM) -> Json:
    scope = Scope(
        item, vars={"REGION": "eu"}, execution={"id": "e-1"}, node=find_node, input=ORDERS, index=4
    )
    return EVALUATOR.template(value)(scope)


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("{{ $json.a }}", {"b": 1}),
        ("{{ $json.a.b }}", 1),
        ("{{$json.none}}", None),
        ("{{ $json.missing }}", None),
        (" {{ $json.a.b }}", " 1"),
        ("{{ $json.a.b }}{{ $json.text }}", "1x"),
        ("n: {{ $json.none }}, m: {{ $json.missing }}.", "n: , m: ."),
        ("o: {{ $json.a }}, l: {{ [1, 'a'] }}", 'o: {"b":1}, l: [1,"a"]'),
        ("{{ 0.1 + 0.2 }} {{ 1e21 }} {{ true }} {{ -0 }}", "0.30000000000000004 1e+21 true 0"),
        ("{{ new Date(0) }}!", "1970-01-01T00:00:00.000Z!"),
        ("{{ {a: {b: 1}} }}", {"a": {"b": 1}}),
        ("{{ {a: {b: {}}}}}", {"a": {"b": {}}}),
        ("{{ '}}' + \"{{\" }}", "}}{{"),
        ("{{ `}}${ '}' + `}}` }` }}", "}}}}}"),
        ("{{ $json.text.replace(/[}/]}}/g, '') }}", "x"),
        ("{{ 1 /* }} */ + 1 }}", 2),
        ("{{ 1 // }}\n + 1 }}", 2),
        ("{{ 4 / 2 }} and {{ 6 / 3 }}", "2 and 2"),
        ("{{\n  $json.list\n    .map(x => x * 2)\n    .join()\n}}", "6,2,4"),
        ("no expression", "no expression"),
        ("{ not one }}", "{ not one }}"),
        ({"k": "{{ $json.missing }}", "l": 1}, {"l": 1}),
        (["{{ $json.missing }}", "{{ 1 }}"], [None, 1]),
        ({"a": [{"b": "{{ $index }}"}]}, {"a": [{"b": 4}]}),
        (5, 5),
        ("{{ NaN }}", None),
        ("{{ 1 / 0 }}", None),
        ("{{ 4 / 2 }}", 2),
        ("{{ [1.0, -0, undefined, () => 1] }}", [1, 0, None, None]),
        ("{{ ({f: () => 1, u: undefined, n: NaN}) }}", {"n": None}),
        ("{{ '\\ud83d' }}", "\ufffd"),
        ("{{ $vars.REGION }} {{ $vars.NONE }}", "eu "),
        ("{{ $execution.id }}", "e-1"),
        ("{{ $json.__class__ }}", "plain data"),
        ('{{ $("the orders").item.json.id }}', 1),
        ('{{ $("the orders").last().json.id }}', 2),
        ('{{ $node["the orders"].json.id }}', 1),
        ('{{ $node("the orders").all().length }}', 2),
        ('{{ $item(4).$node["the orders"].json.id }}', 1),
        ('{{ $items("the orders").length }}', 2),
        ('{{ $("empty").first()?.json.id ?? "none" }}', "none"),
        ("{{ $input.all().map(i => i.json.id) }}", [1, 2]),
        ("{{ $input.first().json.id }}", 1),
    ],
)
def test_a_value_is_filled_in(value: Json, filled: Json) -> None:
    answer = fill(value)
    assert json.dumps(answer) == json.dumps(filled)


@pytest.mark.parametrize(
    "source",
    [
        "$json.list.sort()",
        "$json.list.push(9)",
        "$json.list.reverse()",
        "$json.list['push'](9)",
        "$json.list.splice(0, 2)",
        "[$json.a.b = 7]",
        "delete $json.a",
        "Object.assign($json.a, {b: 2})",
        "(x => { x.a.b = 3; return x })($json)",
        "[$json.list].map(l => l.pop())",
        "[...$input.all()].map(i => i.json.tags.sort())",
        "$('the orders').first().json.tags.sort()",
        "$node['the orders'].json.tags.push(1)",
        "$json.list.map((x, i, all) => all.pop())",
        "$input.all().forEach(i => { i.json.id++ })",
        "Object.values($json).flat().concat($json.list).fill(0)",
    ],
)
def test_an_expression_never_changes_an_item(source: str) -> None:
    before = json.dumps([ITEM, ORDERS.items])
    fill(f"{{{{ {source} }}}}")
    assert json.dumps([ITEM, ORDERS.items]) == before


def test_an_expression_sees_its_own_changes() -> None:
    assert fill("{{ [$json.list.push(9), $json.list.length, $json.list.at(-1)] }}") == [4, 4, 9]


def test_a_value_without_expression_is_constant() -> None:
    template = EVALUATOR.template({"a": [1, "x"]})
    assert template.is_constant
    assert template.constant == {"a": [1, "x"]}
    assert not EVALUATOR.template({"a": ["{{ 1 }}"]}).is_constant


def test_only_braces_make_an_expression() -> None:
    assert is_expression("a {{ 1 }}")
    assert not is_expression("a { 1 }")


def test_a_template_names_the_nodes_that_it_needs() -> None:
    value = {"a": '{{ $("one").first() }}', "b": ["{{ $node['two'].json }} {{ $node.three.json }}"]}
    value["c"] = "{{ $item(0).$node['four'].json }}"
    assert EVALUATOR.template(value).references == {"one", "two", "three", "four"}


def test_every_fault_is_told_with_path_and_column() -> None:
    value = {"a": "{{ $json. }}", "b": [{"c": "x {{ 1 + process }}"}], "d": "{{ $json.ok }}"}
    problems = find_problems(value, "spec.nodes[0].params")
    assert [problem.path for problem in problems] == [
        "spec.nodes[0].params.a",
        "spec.nodes[0].params.b[0].c",
    ]
    assert problems[1].message == "column 10: `process` is not defined"


def test_a_fault_in_a_later_line_is_told_with_its_line() -> None:
    [problem] = find_problems("{{\n  $json.a +\n  nothing }}", "p")
    assert problem.message == "line 3, column 3: `nothing` is not defined"


@pytest.mark.parametrize("unit", ["`${", "${`", "`${;"])
def test_template_strings_nested_without_end_are_a_fault(unit: str) -> None:
    [problem] = find_problems(f"{{{{ {unit * 9_000} }}}}", "p")
    assert "unexpected" in problem.message


@pytest.mark.parametrize(
    "unit",
    [
        r"\"\"\"\"",
        r"'\'\'\'",
        "/[/[/[/[",
        "+/[+/[",
        "x/[x/[",
        "/*a/*b",
        "`${`${",
        "{{ {{{{ }} ",
        "{{ +/[ }} ",
        "{{ ' }} ",
        "{{ 'a' }} ",
    ],
)
def test_finding_the_end_of_expressions_takes_time_that_grows_with_the_text_alone(
    unit: str,
) -> None:
    def split(times: int) -> None:
        with suppress(UnclosedError):
            split_text("{{ " + unit * times)

    assert growth(split, 1_500) < LINEAR


def test_an_expression_that_is_too_long_is_told_as_such() -> None:
    [problem] = find_problems(f"{{{{ ['}}}}', {{a: {{}}}}, {'1, ' * 40_000}] }}}}", "p")
    assert "at most 65536 characters" in problem.message


def test_a_division_after_a_sign_is_no_regular_expression() -> None:
    text = "{{ (() => { let i = 0; return [{a: {b: i++ / 2}}] })() }} {{ 1 }}"
    assert [part.text for part in split_text(text)] == [text[2:-10], " ", " 1 "]


def test_braces_that_are_never_closed_are_a_fault() -> None:
    assert find_problems("a {{ $json.b", "p")[0].message == "column 3: `{{` is never closed"
    with pytest.raises(SyntaxProblem):
        EVALUATOR.template("a {{ $json.b")


@pytest.mark.parametrize(
    "source",
    [
        "'x'.repeat(1e8)",
        "'x'.padStart(2e8)",
        "Array(1e8)",
        "Array.from({length: 1e8})",
        "[...Array(1000).keys()].map(() => [...Array(1000).keys()].map(() => [...Array(1000)]))",
        "[...Array(2000).keys()].reduce(a => a + a, 'xxxxxxxx')",
        "[...Array(60).keys()].reduce(a => [...a, ...a], [1])",
        "(() => { const f = n => f(n + 1); return f(0) })()",
        "$json.deep",
        "JSON.stringify($json.deep)",
        "[$json.deep].flat(Infinity)",
        "$json.big.split('').map(() => $json.big.includes('y'))",
        "$json.big.split('').map(() => /(a|b)*c|x/.test($json.big))",
        "[1].map(" * 60 + "1" + ")" * 60 + " && '" + "y" * 70_000 + "'",
    ],
)
def test_what_takes_too_much_ends_in_an_error_of_its_own(source: str) -> None:
    deep: list[Json] = []
    for _ in range(5000):
        deep = [deep]
    evaluator = Evaluator(limits=Limits(steps=100_000, bytes=8 * 1024 * 1024))
    scope = Scope({"deep": deep, "big": "x" * 100_000})
    with pytest.raises((LimitError, ExpressionError)):
        evaluator.compile(source)(scope)


def test_source_that_is_nested_too_deeply_is_refused() -> None:
    for source in ("(" * 5000 + "1" + ")" * 5000, "[" * 500 + "]" * 500, "-" * 800 + "1"):
        with pytest.raises(ExpressionError):
            EVALUATOR.compile(source)


def test_a_long_chain_of_one_operator_is_no_nesting() -> None:
    assert EVALUATOR.compile(" + ".join(["1"] * 4000))(Scope()) == 4000
    assert EVALUATOR.compile(" && ".join(["true"] * 4000))(Scope()) is True


def test_random_numbers_come_from_the_scope() -> None:
    compiled = EVALUATOR.compile("Math.random()")
    assert compiled(Scope(random=lambda: 0.25)) == 0.25
    with pytest.raises(ExpressionError):
        compiled(Scope())


@pytest.mark.parametrize(
    "source",
    [
        "''['constructor']['constructor']('return 1')()",
        "(() => 1).constructor('return 1')()",
        "$json.a.constructor",
        "[].__proto__",
        "({}).__proto__.x",
        "$json['__cla' + 'ss__'].mro()",
        "(1).__class__.__bases__",
        "$input.view",
        "$input.first.__globals__",
        "Math.__dict__",
        "$node.find",
    ],
)
def test_nothing_of_python_or_of_prototypes_is_reached(source: str) -> None:
    try:
        value = fill(f"{{{{ {source} }}}}")
    except ExpressionError:
        return
    assert value is None


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("{{ null.x }}", "body"),
        ({"name": "{{ null.x }}"}, "body.name"),
        ({"ok": "{{ 1 }}", "list": [0, {"deep": "a {{ null.x }}"}]}, "body.list[1].deep"),
        ({"x.y": ["{{ null.x }}"]}, 'body["x.y"][0]'),
    ],
)
def test_an_error_says_at_which_path_it_was_raised(value: Json, where: str) -> None:
    template = EVALUATOR.template(value, "body")
    for _ in range(2):
        with pytest.raises(ExpressionError) as raised:
            template(Scope({}))
        assert raised.value.details["parameter"] == where
