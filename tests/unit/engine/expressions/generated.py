"""Random expressions over the item of `data.yaml`, for two engines to agree on."""

from __future__ import annotations

from random import Random

PATHS = [
    "n",
    "neg",
    "f",
    "big",
    "zero",
    "text",
    "empty",
    "nul",
    "t",
    "no",
    "list",
    "words",
    "objs",
    "emoji",
    "uml",
    "a",
    "nested",
    "mixed",
    "missing",
    "num",
    "hex",
    "spaces",
    "csv",
    "date",
    "list[0]",
    "objs[1].name",
]
LITERALS = [
    "0",
    "1",
    "-1",
    "2",
    "3.7",
    "1e21",
    "1e-7",
    "NaN",
    "Infinity",
    "-0",
    '"a"',
    '""',
    '"10"',
    "null",
    "undefined",
    "true",
    "false",
    "[]",
    "{}",
    "[1,2]",
    "({a:1})",
    '"é"',
    '"o"',
    "9007199254740992",
    "2147483648",
    "-5",
    "100",
    "0.5",
    '"1e3"',
]
OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "==",
    "!=",
    "===",
    "!==",
    "<",
    ">",
    "<=",
    ">=",
    "&&",
    "||",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    ">>>",
]
OF_TEXT = [
    "slice",
    "substring",
    "substr",
    "at",
    "charAt",
    "charCodeAt",
    "codePointAt",
    "indexOf",
    "lastIndexOf",
    "includes",
    "startsWith",
    "endsWith",
    "padStart",
    "padEnd",
    "split",
    "concat",
    "trim",
    "toUpperCase",
    "toLowerCase",
    "replace",
    "replaceAll",
    "trimEnd",
    "search",
    "toString",
    "match",
]
OF_ARRAYS = [
    "slice",
    "at",
    "indexOf",
    "lastIndexOf",
    "includes",
    "join",
    "concat",
    "flat",
    "toReversed",
    "toSorted",
    "with",
    "fill",
    "splice",
    "push",
    "pop",
    "shift",
    "unshift",
    "reverse",
    "sort",
    "copyWithin",
    "toString",
]
WITH_FUNCTION = ["map", "filter", "find", "findIndex", "some", "every", "flatMap", "findLast"]
FUNCTIONS = [
    "String",
    "Number",
    "Boolean",
    "parseInt",
    "parseFloat",
    "isNaN",
    "JSON.stringify",
    "Math.floor",
    "Math.ceil",
    "Math.round",
    "Math.trunc",
    "Math.abs",
    "Math.sign",
    "Math.max",
    "Math.min",
    "Array.isArray",
    "Object.keys",
    "Object.values",
    "Object.entries",
    "Number.isInteger",
    "encodeURIComponent",
    "Array.from",
    "Math.clz32",
]
PATTERNS = [
    r"/o/g",
    r"/l+/",
    r"/(\w)(x)?/",
    r"/[aeiou]/gi",
    r"/\s+/g",
    r"/\d+/",
    r"/^./",
    r"/.$/",
    r"/(?:)/g",
    r"/\W/g",
    r"/[^a-z]/i",
]
SMALL = ["0", "1", "2", "-1", "3", "1.5", "NaN", "Infinity", "undefined", "null", '"1"', "100"]
ARRAYS = ("$json.list", "$json.words", "$json.mixed", "$json.nested", '[1,"b",null]')


class Generator:
    """Makes expressions; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  test data

    def expression(self, depth: int) -> str:
        """Return an expression of at most `depth` levels."""
        if depth <= 0:
            return self._leaf()
        make = self._random.choice(
            (
                *(self._operator, self._operator, self._choice, self._template),
                *(self._text, self._array, self._callback, self._function, self._index),
            )
        )
        return make(depth)

    def _leaf(self) -> str:
        if self._random.random() < 0.6:
            return f"$json.{self._random.choice(PATHS)}"
        return self._random.choice(LITERALS)

    def _operator(self, depth: int) -> str:
        left, right = self.expression(depth - 1), self.expression(depth - 1)
        return f"(({left}) {self._random.choice(OPERATORS)} ({right}))"

    def _choice(self, depth: int) -> str:
        parts = [self.expression(depth - 1) for _ in range(3)]
        return f"({parts[0]} ? {parts[1]} : ({parts[2]} ?? 'none'))"

    def _template(self, depth: int) -> str:
        return f"`x${{{self.expression(depth - 1)}}}y${{typeof ({self.expression(depth - 1)})}}`"

    def _arguments(self, most: int) -> list[str]:
        count = self._random.randint(0, most)
        return [
            self._random.choice((self._random.choice(SMALL), self._leaf())) for _ in range(count)
        ]

    def _text(self, depth: int) -> str:
        name, arguments = self._random.choice(OF_TEXT), self._arguments(2)
        if name in {"split", "replace", "replaceAll", "match", "search"}:
            arguments.insert(0, self._random.choice((*PATTERNS, "'o'", "'l'")))
        return f"String({self.expression(depth - 1)}).{name}({', '.join(arguments)})"

    def _array(self, _depth: int) -> str:
        array, name = self._random.choice(ARRAYS), self._random.choice(OF_ARRAYS)
        return f"{array}.{name}({', '.join(self._arguments(3))})"

    def _callback(self, depth: int) -> str:
        body = self.expression(depth - 1).replace("$json.neg", "x").replace("$json.zero", "i")
        array, name = self._random.choice(ARRAYS), self._random.choice(WITH_FUNCTION)
        return f"{array}.{name}((x, i) => {'(' + body + ')' if body.startswith('{') else body})"

    def _function(self, depth: int) -> str:
        return f"{self._random.choice(FUNCTIONS)}({self.expression(depth - 1)})"

    def _index(self, depth: int) -> str:
        return f"({self.expression(depth - 1)})[{self._random.choice(SMALL)}]"
