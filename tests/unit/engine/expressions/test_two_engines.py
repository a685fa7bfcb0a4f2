from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path

import pytest
import quickjs  # type: ignore[import-untyped]  # it has no types
import yaml

from alur_engine.expressions import UNDEFINED, Evaluator, Json, Scope, UnsupportedError
from alur_sdk.errors import ExpressionError
from tests.unit.engine.expressions.generated import Generator

DATA = yaml.safe_load((Path(__file__).parent / "data.yaml").read_text())
EVALUATOR = Evaluator()
EACH = 250


def of_quickjs(source: str) -> tuple[str, Json]:
    """Return what QuickJS answers as JSON, or the kind of its error."""
    context = quickjs.Context()
    context.set("data", json.dumps(DATA))
    try:
        text = context.eval(
            f"(() => {{ const $json = JSON.parse(data); const made = ({source}\n);"
            "const text = JSON.stringify(made); return text === undefined ? 'null' : text })()"
        )
    except quickjs.JSException as error:
        return "error", str(error).strip().partition(":")[0]
    return "value", plain(json.loads(text))


def of_ours(source: str) -> tuple[str, Json]:
    try:
        value = EVALUATOR.compile(source)(Scope(DATA))
    except UnsupportedError:
        return "refused", None
    except ExpressionError as error:
        return "error", error.details["kind"]
    return "value", plain(None if value is UNDEFINED else value)


def plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return re.sub("[\ud800-\udfff]", "\ufffd", value) if isinstance(value, str) else value


@pytest.mark.parametrize("seed", range(4))
def test_both_engines_answer_the_same(seed: int) -> None:
    before = json.dumps(DATA)
    generator = Generator(seed)
    sources = islice(iter(lambda: generator.expression(3), None), EACH)
    answers = [(source, of_ours(source), of_quickjs(source)) for source in sources]
    differing = [
        answer for answer in answers if answer[1][0] != "refused" and answer[1] != answer[2]
    ]
    assert differing == []
    assert sum(answer[1][0] == "refused" for answer in answers) < EACH / 20
    assert json.dumps(DATA) == before
