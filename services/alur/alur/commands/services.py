"""`alur dev`, and each service by itself."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from alur.loops import run_service
from alur.places import data_folder
from alur_sdk.errors import InvalidError

_PORT = 65_535


def dev(  # noqa: PLR0917  # Typer calls it by name
    data: Annotated[
        Path | None, typer.Option(help="The data folder; ALUR_DATA, else the user's own.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=_PORT, help="REST, webhooks and the editor; 0: a free one.")
    ] = 8080,
    grpc_port: Annotated[int, typer.Option(min=0, max=_PORT, help="gRPC; 0: a free one.")] = 50051,
    metrics_port: Annotated[
        int, typer.Option(min=0, max=_PORT, help="Metrics; 0: a free one.")
    ] = 0,
    distributed: Annotated[
        bool,
        typer.Option(
            "--distributed",
            help="Each service a process of its own, over ALUR_KAFKA, ALUR_MONGO and ALUR_BLOBS.",
        ),
    ] = False,
    executors: Annotated[
        int, typer.Option(min=1, max=64, help="How many executors, with --distributed.")
    ] = 1,
    schedulers: Annotated[
        int, typer.Option(min=1, max=64, help="How many schedulers, with --distributed.")
    ] = 1,
) -> None:
    """Run everything in one process, on a data folder and nothing else."""
    # gRPC reads these as it is loaded: its own lines say nothing that the errors do not, and nothing of it forks.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    from alur.dev import Options, run, run_distributed  # noqa: PLC0415  # every service, for this command alone

    folder = data or data_folder()
    options = Options(
        data=folder, host=host, port=port, grpc_port=grpc_port, metrics_port=metrics_port
    )
    if distributed:
        raise typer.Exit(run_distributed(options, executors, schedulers))
    raise typer.Exit(run(options))


def gateway() -> None:
    """Run the gateway alone, settings from ALUR_*."""
    _serve("gateway")


def registry() -> None:
    """Run the registry alone, settings from ALUR_*."""
    _serve("registry")


def scheduler() -> None:
    """Run the scheduler alone, settings from ALUR_*."""
    _serve("scheduler")


def executor(
    pools: Annotated[
        str | None,
        typer.Option(help="The pools that it serves, as gpu,browser; ALUR_POOLS, else default."),
    ] = None,
) -> None:
    """Run an executor alone, settings from ALUR_*."""
    _serve("executor", **({} if pools is None else {"pools": pools}))


def operator() -> None:
    """Run the operator of Kubernetes, settings from ALUR_*."""
    _run("operator", _settings("operator"))


def _serve(name: str, **given: str) -> None:
    """Run one service until it is told to stop. Raises `InvalidError` without what services share."""
    settings = _settings(name, **given)
    if settings.mongo is None or not settings.kafka or not settings.blobs:
        raise InvalidError(
            f"a {name} by itself needs ALUR_KAFKA, ALUR_MONGO and ALUR_BLOBS: through them the "
            "services reach each other; `alur dev` runs all of them in one process"
        )
    _run(name, settings)


def _settings(name: str, **given: str) -> Any:  # noqa: ANN401  # of the service's own class
    return importlib.import_module(f"alur_{name}.settings").Settings(**given)


def _run(name: str, settings: Any) -> None:  # noqa: ANN401  # as above
    run_service(importlib.import_module(f"alur_{name}.main").main(settings))
