"""Code nodes as their users meet them: a workflow over REST, in a real `alur dev`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.alur_dev import AlurDev, alur_dev


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlurDev]:
    with alur_dev(tmp_path_factory.mktemp("code") / "data") as running:
        yield running


def put(server: AlurDev, name: str, *nodes: dict[str, Any]) -> None:
    """Save a workflow that is a chain of these nodes."""
    names = [node["name"] for node in nodes]
    edges = [{"from": a, "to": b} for a, b in pairwise(names)]
    document = {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"nodes": list(nodes), "edges": edges},
    }
    answer = server.rest.put(f"/api/v1/projects/default/workflows/{name}", json=document)
    assert answer.status_code in {200, 201}, answer.text


def code(text: str, language: str = "javascript", mode: str = "all", **more: Any) -> dict[str, Any]:
    params = {"language": language, "mode": mode, "code": text, **more}
    return {"name": "work", "type": "core.code", "params": params}


def double(name: str = "double") -> dict[str, Any]:
    params = {"keep": "none", "fields": {"n": "{{ $json.n * 2 }}"}}
    return {"name": name, "type": "core.set", "params": params}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "javascript",
            "return items.map(({ json }) => ({ n: json.n + $('double').first().json.n }));",
        ),
        (
            "python",
            "return [{'n': item.json.n + _node('double').first().json.n} for item in items]",
        ),
    ],
)
def test_code_runs_once_for_all_items_and_reads_other_nodes(
    server: AlurDev, language: str, text: str
) -> None:
    put(server, f"all-{language}", double(), code(text, language))
    ended = server.run(f"all-{language}", [{"n": 1}, {"n": 5}])
    assert (ended["status"], ended["output"]) == ("succeeded", [{"n": 4}, {"n": 12}])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "console.log('saw', $json); console.warn('twice'); return items;"),
        ("python", "print('saw', _json['n'])\nprint('twice')\nreturn items"),
    ],
)
def test_what_code_prints_is_kept_with_its_run(server: AlurDev, language: str, text: str) -> None:
    put(server, f"says-{language}", code(text, language))
    ended = server.run(f"says-{language}", [{"n": 1}])
    path = f"/api/v1/projects/default/executions/{ended['id']}"
    lines = server.rest.get(f"{path}/logs").json()["items"]
    said = "saw 1" if language == "python" else 'saw {"n":1}'
    assert [line["text"] for line in lines] == [said, "twice"]
    assert {line["node"] for line in lines} == {"work"}
    (run,) = server.rest.get(f"{path}/nodes/work").json()["runs"]
    assert [line["text"] for line in run["logs"]] == [said, "twice"]
    assert ended["nodes"][0]["logs"] == 2


def test_an_expression_that_needs_the_jail_is_tried_on_what_is_sent(server: AlurDev) -> None:
    spread = "{{ [...(function* () { yield $json.n; yield $('b').first().json.x })()].join('-') }}"
    body = {"expression": spread, "json": {"n": 1}, "nodes": {"b": [{"x": 2}]}}
    assert server.rest.post("/api/v1/expressions:evaluate", json=body).json() == {"value": "1-2"}
    endless = {"expression": "{{ (() => { for (;;) {} })() }}"}
    refused = server.rest.post("/api/v1/expressions:evaluate", json=endless)
    assert (refused.status_code, refused.json()["code"]) == (422, "expression")
    assert "2 s" in refused.json()["detail"]


def test_what_failing_code_printed_is_kept_too(server: AlurDev) -> None:
    put(server, "says-no", code("console.log('before');\nthrow new Error('no')"))
    ended = server.run("says-no", [{}])
    path = f"/api/v1/projects/default/executions/{ended['id']}"
    assert [line["text"] for line in server.rest.get(f"{path}/logs").json()["items"]] == ["before"]
    assert ended["nodes"][0]["error"]["line"] == 2


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "return { n: $json.n, before: $('double').item.json.n, at: $index };"),
        ("python", "return {'n': _json.n, 'before': _node('double').item.json.n, 'at': _index}"),
    ],
)
def test_code_runs_for_each_item_and_keeps_the_pairing(
    server: AlurDev, language: str, text: str
) -> None:
    put(server, f"each-{language}", double(), code(text, language, "each"))
    ended = server.run(f"each-{language}", [{"n": 1}, {"n": 5}])
    expected = [{"n": 2, "before": 2, "at": 0}, {"n": 10, "before": 10, "at": 1}]
    assert (ended["status"], ended["output"]) == ("succeeded", expected)


@pytest.mark.parametrize(
    ("language", "text", "error"),
    [
        ("javascript", "const a = 1;\nreturn a.b.c;", "TypeError"),
        ("python", "a = 1\nreturn a.b", "AttributeError"),
    ],
)
def test_an_error_of_code_names_its_line(
    server: AlurDev, language: str, text: str, error: str
) -> None:
    put(server, f"throws-{language}", code(text, language))
    told = server.run(f"throws-{language}", [{}])["nodes"][0]["error"]
    assert told["code"] == "code"
    assert told["message"].startswith(error)
    assert told["message"].endswith(f"(line 2): `{text.splitlines()[1]}`")


def test_code_that_never_ends_is_stopped_and_the_service_goes_on(server: AlurDev) -> None:
    put(server, "endless", code("while (true);", limits={"time": "PT1S"}))
    ended = server.run("endless", [{}])
    assert ended["nodes"][0]["error"]["code"] == "limit-time"
    assert 900 <= ended["durationMs"] <= 1500
    metrics = Path(server.log).read_text()
    assert "code stopped" in metrics


def test_what_code_prints_is_in_the_log_of_the_node_run(server: AlurDev) -> None:
    put(server, "prints", code("console.log('from', $json.who); return []"))
    ended = server.run("prints", [{"who": "code"}])
    line = next(each for each in server.log.read_text().splitlines() if "from code" in each)
    assert ended["id"] in line


def test_without_a_jail_all_but_code_runs(tmp_path: Path) -> None:
    environment = {"ALUR_CODE_BUBBLEWRAP": "there-is-no-such-program"}
    with alur_dev(tmp_path / "data", environment) as server:
        put(server, "plain", double())
        put(server, "code", code("return []"))
        assert server.run("plain", [{"n": 2}])["output"] == [{"n": 4}]
        refused = server.run("code", [{}])["nodes"][0]["error"]
        assert refused["code"] == "no-jail"
        assert "install the package `bubblewrap`" in refused["message"]
        fields = {"x": "{{ [...(function* () { yield $json.n })()][0] }}"}
        work = {"name": "work", "type": "core.set", "params": {"fields": fields}}
        put(server, "fallback", work)
        assert server.run("fallback", [{"n": 2}])["nodes"][0]["error"]["code"] == "no-jail"
        said = [line for line in server.log.read_text().splitlines() if "no code of users" in line]
        assert len(said) == 1


def test_an_expression_that_is_not_compiled_runs_in_the_jail(server: AlurDev) -> None:
    sums = "(function () { let t = 0; for (let i = 1; i <= $json.n; i += 1) t += i; return t })()"
    fields = {
        "sum": f"{{{{ {sums} }}}}",
        "text": "{{ [...(function* () { yield $('double').item.json.n })()][0] }} of {{ $json.n }}",
        "day": "{{ (class { static at() { return DateTime.fromISO('2024-02-28').plus({ days: 1 }) } }).at().toISODate() }}",
    }
    work = {"name": "work", "type": "core.set", "params": {"keep": "none", "fields": fields}}
    put(server, "fallback", double(), work)
    ended = server.run("fallback", [{"n": 1}, {"n": 2}])
    expected = [
        {"sum": 3, "text": "2 of 2", "day": "2024-02-29"},
        {"sum": 10, "text": "4 of 4", "day": "2024-02-29"},
    ]
    assert (ended["status"], ended["output"]) == ("succeeded", expected)


def test_what_an_expression_in_the_jail_throws_fails_its_node(server: AlurDev) -> None:
    fields = {"x": "{{ (function () { throw new RangeError('far') })() }}"}
    put(server, "throws", {"name": "work", "type": "core.set", "params": {"fields": fields}})
    told = server.run("throws", [{}])["nodes"][0]["error"]
    assert (told["code"], told["message"]) == ("expression", "far")


def test_4_data_is_never_evaluated_on_its_way_through_nodes(server: AlurDev) -> None:
    """Line 4 of the security checklist."""
    texts = ["{{ 7 * 7 }}", "{{ (() => 49)() }}", "${7 * 7}", "__proto__", "$('double')"]
    copy = {"copy": "{{ $json.text }}"}
    again = {"again": "{{ [...(function* () { yield $json.copy })()] }}"}
    keep = {"name": "keep", "type": "core.set", "params": {"fields": copy}}
    wrap = {"name": "wrap", "type": "core.set", "params": {"fields": again}}
    put(server, "data", keep, code("return items"), wrap)
    ended = server.run("data", [{"text": text} for text in texts])
    assert ended["output"] == [{"text": text, "copy": text, "again": [text]} for text in texts]


def test_a_key_named_proto_stays_data(server: AlurDev) -> None:
    put(
        server,
        "proto",
        code(
            "return items.map(({ json }) => ({ keys: Object.keys(json), is: ({}).admin === undefined }))"
        ),
    )
    body = '{"input": [{"__proto__": {"admin": true}, "a": 1}]}'
    started = server.rest.post(
        "/api/v1/projects/default/workflows/proto/executions",
        content=body,
        headers={"content-type": "application/json"},
    )
    ended = server.wait_for(started.json()["id"], "succeeded")
    assert ended["output"] == [{"keys": ["__proto__", "a"], "is": True}]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "return [{ key: $run.idempotencyKey, attempt: $run.attempt, id: $execution.id, name: $workflow.name }]"),
        ("python", "return [{'key': _run.idempotencyKey, 'attempt': _run.attempt, 'id': _execution.id, 'name': _workflow.name}]"),
    ],
)  # fmt: skip
def test_code_sees_what_expressions_see(server: AlurDev, language: str, text: str) -> None:
    put(server, f"roots-{language}", code(text, language))
    ended = server.run(f"roots-{language}", [{}])
    assert ended["status"] == "succeeded", ended
    (seen,) = ended["output"]
    assert (seen["attempt"], seen["id"], seen["name"]) == (1, ended["id"], f"roots-{language}")
    assert len(seen["key"]) > 20


def test_times_and_numbers_read_the_same_compiled_in_the_jail_and_in_code(server: AlurDev) -> None:
    told = (
        "[DateTime.fromISO($json.at, {zone: 'Europe/Berlin'}).setLocale('de').toFormat('cccc, d. MMMM HH:mm'),"
        " (1234.5).toLocaleString('de-DE', {style: 'currency', currency: 'EUR'}),"
        " new Intl.DateTimeFormat('fr-FR', {dateStyle: 'long'}).format(new Date($json.at)),"
        " [3, 1, 3].unique().last(), $jmespath($json, 'list[?n > `1`].n')]"
    )
    fields = {
        "compiled": f"{{{{ {told} }}}}",
        "jailed": f"{{{{ (function* () {{ yield {told} }})().next().value }}}}",
    }
    first = {"name": "first", "type": "core.set", "params": {"fields": fields}}
    put(server, "words", first, code(f"return {{ ...$json, code: {told} }};", mode="each"))
    ended = server.run("words", [{"at": "2024-02-29T23:30:00Z", "list": [{"n": 1}, {"n": 2}]}])
    assert ended["status"] == "succeeded", ended
    expected = ["Freitag, 1. März 00:30", "1.234,50\u00a0€", "29 février 2024", 1, [2]]
    (item,) = ended["output"]
    assert {name: item[name] for name in ("compiled", "jailed", "code")} == dict.fromkeys(
        ("compiled", "jailed", "code"), expected
    )


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$now.startOf('fortnight')", "Invalid unit fortnight"),
        ("$json.at.toDateTime().toLocaleString('xx-YY')", "the locale `xx-YY` is not supported"),
        ("(5).toLocaleString('de-DE', {curency: 'EUR'})", "there is no option `curency`"),
    ],
)
def test_a_wrong_locale_option_or_unit_is_refused_at_save(
    server: AlurDev, expression: str, reason: str
) -> None:
    work = {
        "name": "work",
        "type": "core.set",
        "params": {"fields": {"x": f"{{{{ {expression} }}}}"}},
    }
    document = {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "wrong"},
        "spec": {"nodes": [work], "edges": []},
    }
    answer = server.rest.put("/api/v1/projects/default/workflows/wrong", json=document)
    assert answer.status_code == 422, answer.text
    assert reason in answer.text
