"""Random expressions about times, locales and helpers, for two engines to agree on."""

from __future__ import annotations

from random import Random

LOCALES = ["en-US", "en-GB", "de-DE", "fr", "es-MX", "pt-BR", "ja-JP", "ru", "id-ID", "sv", "pl-PL"]
ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Jakarta", "UTC+5:30"]
UNITS = ["years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds"]
TOKENS = [
    "yyyy",
    "LLL",
    "MMMM",
    "d",
    "EEEE",
    "ccc",
    "HH:mm",
    "h a",
    "ZZ",
    "z",
    "kkkk",
    "ff",
    "DDDD",
]
READ = ["toISO()", "toISODate()", "toMillis()", "weekNumber", "ordinal", "isValid", "zoneName",
        "toObject()", "toRelative()", "isWeekend", "isWeekend()", "monthLong", "toSQL()",
        "toLocaleString(DateTime.DATETIME_MED)", "toRelativeCalendar()", "offset"]  # fmt: skip
DATE_OPTIONS = {
    "weekday": ["short", "long"], "year": ["numeric", "2-digit"], "month": ["numeric", "short", "long"],
    "day": ["numeric", "2-digit"], "hour": ["numeric", "2-digit"], "minute": ["2-digit"],
    "timeZoneName": ["short"], "dateStyle": ["full", "short"], "oops": ["x"], "month ": ["bad"],
}  # fmt: skip
NUMBER_OPTIONS = {
    "style": ["percent", "decimal", "currency"], "currency": ["EUR", "JPY", "X"],
    "notation": ["compact", "standard"], "signDisplay": ["always", "never", "sometimes"],
}  # fmt: skip
NUMBERS = ["0", "-0", "1", "-1234.5", "1e21", "NaN", "0.256", "999999", "1234567.891", "$json.n"]
TEXTS = [
    "'a'",
    "'Z'",
    "'ä'",
    "'résumé'",
    "'item 10'",
    "''",
    "$json.text",
    "$json.uml",
    "$json.emoji",
]
ISO = [
    "2024-02-29T13:05:09Z",
    "2024-03-10T02:30",
    "2024-W09",
    "1969-12-31",
    "nonsense",
    "2024-11-03T01:30",
]
HELPED = ["isEmpty()", "isNotEmpty()", "first()", "last()", "unique()", "compact()", "chunk(2)",
          "pluck('a')", "toDateTime()", "toTitleCase()", "urlEncode()", "removeTags()", "sum()",
          "extractDomain()", "toJsonString()"]  # fmt: skip
DATA = ["$json.list", "$json.words", "$json.objs", "$json.text", "$json.date", "$json.empty",
        "$json.nul", "$json.a", "[]", "'2024-02-29'", "'https://x.example/?q=1'"]  # fmt: skip
QUERIES = ["a", "[0]", "[].a", "length(@)", "[?a > `1`]", "sort(@)", "a[", "*"]


class Times:
    """Makes expressions; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  test data

    def expression(self) -> str:
        """Return one expression."""
        makes = (self._date, self._number, self._order, self._helper, self._time, self._time)
        return self._random.choice(makes)()

    def _options(self, known: dict[str, list[str]]) -> str:
        names = self._random.sample(sorted(known), self._random.randint(0, 3))
        pairs = (f"'{name}': '{self._random.choice(known[name])}'" for name in names)
        return "{" + ", ".join(pairs) + "}"

    def _locale(self) -> str:
        if self._random.random() < 0.2:
            return "undefined"
        return f"'{self._random.choice(LOCALES)}'"

    def _date(self) -> str:
        ms = self._random.randint(-(10**12), 2 * 10**12)
        name = self._random.choice(["toLocaleString", "toLocaleDateString", "toLocaleTimeString"])
        options = self._options(DATE_OPTIONS)
        if self._random.random() < 0.3:
            maker = f"new Intl.DateTimeFormat({self._locale()}, {options})"
            return f"{maker}.{self._random.choice(['format', 'formatToParts'])}({ms})"
        return f"new Date({ms}).{name}({self._locale()}, {options})"

    def _number(self) -> str:
        number, options = self._random.choice(NUMBERS), self._options(NUMBER_OPTIONS)
        if self._random.random() < 0.3:
            return f"new Intl.NumberFormat({self._locale()}, {options}).format({number})"
        return f"({number}).toLocaleString({self._locale()}, {options})"

    def _order(self) -> str:
        left, right = self._random.choice(TEXTS), self._random.choice(TEXTS)
        options = self._random.choice(
            ["{}", "{numeric: true}", "{sensitivity: 'base'}", "undefined"]
        )
        return f"{left}.localeCompare({right}, {self._locale()}, {options})"

    def _helper(self) -> str:
        if self._random.random() < 0.2:
            return f"$jmespath({self._random.choice(DATA)}, '{self._random.choice(QUERIES)}')"
        return f"{self._random.choice(DATA)}.{self._random.choice(HELPED)}"

    def _start(self) -> str:
        zone = f"{{zone: '{self._random.choice(ZONES)}'}}"
        return self._random.choice(
            [
                "$now",
                "$today",
                f"DateTime.fromISO('{self._random.choice(ISO)}', {zone})",
                f"DateTime.fromMillis({self._random.randint(-(10**12), 2 * 10**12)}, {zone})",
                "DateTime.fromFormat('29/02/2024', 'dd/MM/yyyy')",
                "$json.date.toDateTime()",
            ]
        )

    def _step(self) -> str:
        unit, amount = self._random.choice(UNITS), self._random.choice([1, -1, 1.5, 36, 400])
        return self._random.choice(
            [
                f"plus({{{unit}: {amount}}})",
                f"minus({{{unit}: {amount}}})",
                f"startOf('{unit}')",
                f"endOf('{unit}')",
                f"setZone('{self._random.choice(ZONES)}')",
                f"setLocale('{self._random.choice(LOCALES)}')",
                f"set({{{self._random.choice(['day', 'month', 'hour', 'weekday'])}: {self._random.randint(0, 31)}}})",
            ]
        )

    def _time(self) -> str:
        time = ".".join([self._start(), *(self._step() for _ in range(self._random.randint(0, 3)))])
        units = self._random.sample(UNITS, self._random.randint(1, 3))
        return self._random.choice(
            [
                f"{time}.{self._random.choice(READ)}",
                f"{time}.toFormat(\"{self._random.choice(TOKENS)} 'at' {self._random.choice(TOKENS)}\")",
                f"{time}.diff({self._start()}, {units}).toObject()",
                f"{time}.diff({self._start()}).toFormat('d hh:mm:ss')",
                f"{time} > {self._start()}",
                f"Interval.fromDateTimes({time}, $now).count('{units[0]}')",
            ]
        )
