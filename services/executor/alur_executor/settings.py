"""Settings of the executor."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from alur_common.pools import Pools
from alur_common.settings import Settings as CommonSettings

MIN_WEIGHT, MAX_WEIGHT = 0.01, 100.0


class Settings(CommonSettings):
    """What an executor may be told, by `ALUR_*`."""

    data: Path = Field(default=Path("data"), description="The data folder, when it runs alone.")
    executor_concurrency: int = Field(
        default=1_000, ge=1, description="Executions in memory at once; more wait by priority."
    )
    executor_tenant_concurrency: int = Field(
        default=0, ge=0, description="Of these, what one tenant may have; 0: all of them."
    )
    executor_tenant_weights: dict[str, float] = Field(
        default={},
        description="Shares of tenants where more waits than can be run, as JSON: "
        '`{"acme": 3}` gives that one three times what each other gets.',
    )
    pools: str = Field(
        default="default",
        description="The pools that it serves, comma-separated, `*` for all: `default` drives executions, "
        "any other runs the nodes that name it.",
    )
    pool_tasks: int = Field(
        default=4, ge=1, description="Node runs of other executors that run here at once."
    )
    lease_seconds: float = Field(
        default=3.0, ge=1, description="A worker that is silent for so long is taken for dead."
    )
    in_memory_delay_seconds: float = Field(
        default=5.0, ge=0, description="Retries up to this long stay in memory."
    )
    drain_seconds: float = Field(
        default=10.0,
        ge=0,
        description="How long a stop may take. In its first tenth executions still begin nodes; a node that takes "
        "longer than the rest is cut off and repeated by another executor.",
    )
    code_bubblewrap: str = Field(
        default="",
        description="The program that jails code of users; empty: `bwrap`, or the packaged one.",
    )
    code_concurrency: int = Field(
        default=16, ge=1, description="Pieces of code that run at once; a tenant has half of them."
    )
    code_packages: str = Field(
        default="",
        description="Installed packages, pure Python, that Python code may import, comma-separated.",
    )
    code_cgroup: str = Field(
        default="",
        description="The control group that bounds all code together, as a path below `/sys/fs/cgroup`; it is made "
        "where it is missing. Empty: each piece of code has its own limits alone.",
    )
    files: Path | None = Field(
        default=None,
        description="The folder for files of running executions; empty: one for temporary files.",
    )
    files_max_mib: int = Field(
        default=1024, ge=1, description="What the files of one execution may come to at once."
    )
    files_max_count: int = Field(
        default=1_000, ge=1, description="How many files one execution may have at once."
    )
    files_total_mib: int = Field(
        default=8192,
        ge=1,
        description="What the files of all executions of one executor may come to at once, half of it those of one tenant; "
        "keep it below what the disk holds.",
    )
    env_allow: str = Field(
        default="",
        description="Names of variables that `$env` may show, comma-separated: `REGION,STAGE`.",
    )

    @field_validator("executor_tenant_weights")
    @classmethod
    def _are_shares(cls, weights: dict[str, float]) -> dict[str, float]:
        for tenant, weight in weights.items():
            if not MIN_WEIGHT <= weight <= MAX_WEIGHT:
                raise ValueError(f"the share of {tenant} is {weight}: give 0.01 to 100")
        return weights

    @field_validator("pools")
    @classmethod
    def _are_names(cls, text: str) -> str:
        Pools.parse(text)
        return text
