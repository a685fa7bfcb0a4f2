"""What the process of a service asks the system for."""

from __future__ import annotations

import subprocess
import sys

SERVICE = """
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from alur.loops import run_service
async def tell():
    print(*getrlimit(RLIMIT_NOFILE))
setrlimit(RLIMIT_NOFILE, (256, 1_500))
run_service(tell())
"""


def test_a_service_may_have_as_many_connections_as_the_system_allows() -> None:
    said = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", SERVICE], capture_output=True, text=True, check=True
    )
    assert said.stdout == "1500 1500\n"
