"""Starts of executions while something is rolled out, by clients as they should be: they ask again, under the same key."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from typing import Self

import httpx

from tests.support.steady import Steady

PATIENCE_SECONDS = 20.0
AGAIN_SECONDS = 0.25


class Traffic:
    """Starts executions steadily for the length of a `with` block. Each start is a connection of its own."""

    def __init__(self, rest: httpx.Client, path: str, per_second: float) -> None:
        self.ids: list[str] = []
        self.lost: list[str] = []
        """What was said last to starts that were never accepted."""
        self.repeated: Counter[str] = Counter()
        """What was said to starts that were accepted when they were asked for again."""
        self._path = path
        self._rest = httpx.Client(
            base_url=rest.base_url,
            headers=rest.headers,
            timeout=20,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._steady = Steady(self._start, per_second)

    def __enter__(self) -> Self:
        self._steady.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._steady.__exit__()
        self._rest.close()

    def _start(self) -> None:
        headers = {"idempotency-key": str(uuid.uuid4())}
        until = time.monotonic() + PATIENCE_SECONDS
        said = self._ask(headers)
        while said and time.monotonic() < until:
            self.repeated[said] += 1
            time.sleep(AGAIN_SECONDS)
            said = self._ask(headers)
        if said:
            self.lost.append(said)

    def _ask(self, headers: dict[str, str]) -> str:
        """Ask once; return why it was not accepted, or nothing."""
        try:
            answer = self._rest.post(self._path, headers=headers, json={"input": [{}]})
        except httpx.TransportError as error:
            return repr(error)
        if answer.status_code != httpx.codes.ACCEPTED:
            return f"{answer.status_code} {answer.text}"
        self.ids.append(answer.json()["id"])
        return ""
