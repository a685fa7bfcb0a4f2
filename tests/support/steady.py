"""Something that is done steadily, beside whatever a test does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self


class Steady:
    """Calls `work` so often a second for the length of a `with` block, in threads; its end waits for what was begun."""

    def __init__(self, work: Callable[[], None], per_second: float) -> None:
        self._work = work
        self._pause = 1 / per_second
        self._is_over = threading.Event()
        self._pool = ThreadPoolExecutor(16)
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._pool.shutdown()

    def _go_on(self) -> None:
        while not self._is_over.wait(self._pause):
            self._pool.submit(self._work)
