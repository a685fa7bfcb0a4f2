"""`alur dev`: every service in one process, on embedded storage."""

from alur.dev.distributed import run_distributed
from alur.dev.running import Options, run
from alur.dev.store import new_token, opened_registry

__all__ = ["Options", "new_token", "opened_registry", "run", "run_distributed"]
