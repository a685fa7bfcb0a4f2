"""Expressions that try to break out: from a grammar of what is known to have worked, and by changing others."""

from __future__ import annotations

from pathlib import Path

import yaml
from hypothesis import strategies as st

from alur_engine.expressions.methods.tables import BY_TYPE

_TESTS = Path(__file__).parents[1]
_ESCAPES = yaml.safe_load((_TESTS / "security/escapes.yaml").read_text())["javascript"]
_CORPUS = [
    each["of"]
    for name in ("javascript", "helpers")
    for each in yaml.safe_load((_TESTS / f"unit/engine/expressions/{name}.yaml").read_text())
]
SEEDS = [text.removeprefix("return ") for text in _ESCAPES] + _CORPUS

NAMES = [
    "$json", "$input", "$items", "$item", "$node", "$", "$$", "$vars", "$env", "$execution", "$workflow",
    "$trigger", "$now", "$today", "$jmespath", "$if", "$max", "DateTime", "Duration", "Interval", "Intl", "Math",
    "JSON", "Object", "Array", "String", "Number", "Boolean", "Date", "RegExp", "Symbol", "Reflect", "globalThis",
    "process", "this", "arguments", "eval", "Function", "undefined", "null", "NaN", "x", "__engine", "__builtins__",
]  # fmt: skip
KEYS = [
    "constructor", "prototype", "__proto__", "__class__", "__globals__", "__init__", "__dict__", "__subclasses__",
    "__getattr__", "__self__", "__func__", "__code__", "__call__", "mro", "view", "kind", "read", "raw", "json",
    "format", "f_back", "gi_frame", "tb_frame", "js_string", "toString", "toJSON", "valueOf", "caller", "callee",
    "a", "length", "item", "first", "all", "env", "\\0handle", "\\u005f\\u005fclass\\u005f\\u005f",
    *sorted({name for methods in BY_TYPE.values() for name in methods}),
]  # fmt: skip
LITERALS = [
    "0", "-1", "1e308", "4294967296", "9007199254740993", "''", "'constructor'", "`__class__`", "'{0.__class__}'",
    "'%s'", "'x'.repeat(99)", "[]", "[[1, [2]], 'a']", "{}", "({ a: 1, '__proto__': { b: 2 } })", "/(a+)+$/", "/./gu",
    "'../../../../etc/passwd'", "'Asia/Jakarta'", "'{{ 7 * 7 }}'", "10n", "true", "'\\ud800'", "'\\0'",
]  # fmt: skip
OPERATORS = [
    "+",
    "-",
    "*",
    "%",
    "**",
    "==",
    "===",
    "<",
    "&&",
    "||",
    "??",
    ">>>",
    "in",
    "instanceof",
    ",",
]
TOKENS = [*NAMES, *KEYS, *LITERALS, *OPERATORS, *"()[]{}.?:;`$\\'\"/!~=<>", "=>", "...", "?.", "${", "//", "/*", "*/",
          "<!--", "\n", "\u2028", "new ", "typeof ", "void ", "delete ", "await ", "yield ", "async ", "function ",
          "class ", "#x", "with ", "import ", "\\u{63}", "é", "\ufeff"]  # fmt: skip

_leaf = st.sampled_from([*NAMES, *LITERALS])
_key = st.sampled_from(KEYS)


def _grown(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions that hold smaller ones."""
    shapes = [
        "({0}).{k}", "({0})?.{k}", "({0})['{k}']", "({0})[`{k}`]", "({0})[{1}]", "({0})?.[{1}]", "({0})[[`{k}`]]",
        "({0})[{{ toString: () => '{k}' }}]", "({0})({1})", "({0}).{k}({1})", "({0}).{k}({1}, {2})", "({0})?.({1})",
        "({0}) {o} ({1})", "`${{{0}}}{k}`", "[{0}, {1}]", "[...({0})]", "({{ {k}: {0} }})", "({{ ...({0}) }})",
        "({{ [{0}]: {1} }})", "(x => {0})({1})", "(({{ {k}: x }}) => {0})({1})", "(([x]) => {0})({1})",
        "((...x) => {0})({1})", "((x = {0}) => x)()", "({0}) ? ({1}) : ({2})", "new ({0})({1})", "typeof ({0})",
        "({0})`{k}`", "({0}).map(x => {1})", "({0}).reduce((x, y) => {1}, {2})", "({0}).sort((x, y) => {1})",
        "({0}).replace({1}, x => {2})", "JSON.parse({0})", "$jmespath({0}, '{k}')", "DateTime.fromObject({0})",
        "DateTime.now().setZone({0}).toFormat({1})", "new Intl.NumberFormat({0}, {1}).format({2})", "new Date({0})",
        "String.raw`${{{0}}}`", "({0}) = ({1})", "delete ({0}).{k}", "({0})[{1}] = {2}", "(() => {{ {0}; return {1} }})()",
    ]  # fmt: skip
    return st.builds(
        lambda shape, parts, key, operator: shape.format(*parts, k=key, o=operator),
        st.sampled_from(shapes), st.tuples(part, part, part), _key, st.sampled_from(OPERATORS),
    )  # fmt: skip


_grammar = st.recursive(_leaf, _grown, max_leaves=12)
_tokens = st.lists(st.sampled_from(TOKENS), max_size=25).map("".join)


@st.composite
def _spliced(draw: st.DrawFn) -> str:
    """Return a known expression with a piece of it cut, doubled or replaced."""
    text: str = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        piece = draw(st.sampled_from(["", text[start:end] * 2, *TOKENS]) | _leaf)
        text = text[:start] + piece + text[end:]
    return text


ATTACKS = st.one_of(
    _grammar, _spliced(), _tokens, _grammar.map(lambda text: f"({text}).toString()")
)
