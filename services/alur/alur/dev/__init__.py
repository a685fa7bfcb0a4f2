"""`alur dev`: every service in one process, on embedded storage."""

from alur.dev.distributed import run_distributed
from alur.dev.running import Options, run
from alur.dev.store import new_token

__all__ = ["Options", "new_token", "run", "run_distributed"]
