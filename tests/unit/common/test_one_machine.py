"""One machine needs no driver of a server, and does not spend its start on loading one."""

from __future__ import annotations

import subprocess
import sys

DRIVERS = {"pymongo", "bson", "obstore", "aiokafka", "faststream"}


def test_one_machine_loads_no_driver_of_a_server() -> None:
    program = f"import sys, alur.dev.platform; print(*sorted({DRIVERS!r} & set(sys.modules)))"
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
