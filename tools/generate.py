"""Write what is generated from the code; with `--check`, fail where it differed.

Each step prints its file or writes its folder. A step is repeated without harm.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable


@dataclass(frozen=True)
class Step:
    """One command and what it writes: a file, from its standard output, or a folder, by itself."""

    command: tuple[str, ...]
    writes: str
    from_output: bool = True


STEPS = (
    Step(("bash", "tools/generate_protos.sh"), "services/libs/api/alur_api", from_output=False),
    Step(("bash", "tools/generate_go.sh"), "examples/clients/go/alur_api", from_output=False),
    Step((PYTHON, "-m", "alur_nodes.catalogue"), "services/libs/common/alur_common/catalogue.json"),
    Step(
        (PYTHON, "-m", "alur_nodes.catalogue", "--docs", "docs/reference/nodes"),
        "docs/reference/nodes",
        from_output=False,
    ),
    Step((PYTHON, "-m", "alur_engine.schema"), "docs/reference/workflow.schema.json"),
    Step(
        (PYTHON, "-m", "alur_operator.adapters.crd_files", "charts/alur/files/crds"),
        "charts/alur/files/crds",
        from_output=False,
    ),
    Step((PYTHON, "-m", "alur_gateway.adapters.rest"), "docs/reference/openapi.json"),
    Step(
        (PYTHON, "-m", "tools.expression_names"),
        "services/editor/src/graph/expression-names.json",
    ),
    Step((PYTHON, "-m", "tools.storage"), "docs/reference/storage.md"),
    Step((PYTHON, "-m", "tools.metrics"), "docs/reference/metrics.md"),
    Step(
        (PYTHON, "-m", "tools.dashboards", "charts/alur/files/dashboards"),
        "charts/alur/files/dashboards",
        from_output=False,
    ),
    Step((PYTHON, "-m", "tools.settings"), "docs/reference/settings.md"),
    Step(
        (PYTHON, "-m", "alur_common.kafka.schemas", "docs/reference/events"),
        "docs/reference/events",
        from_output=False,
    ),
    Step((PYTHON, "-m", "alur_common.kafka.asyncapi"), "docs/reference/asyncapi.json"),
    Step(
        (PYTHON, "-m", "typer", "alur.main", "utils", "docs", "--title=Command line"),
        "docs/reference/cli.md",
    ),
)


def run(step: Step) -> None:
    """Run one step in the repository's root; a failing command ends the run."""
    done = subprocess.run(  # noqa: S603  # the commands stand above
        step.command, cwd=ROOT, stdout=subprocess.PIPE if step.from_output else None, check=True
    )
    if step.from_output:
        target = ROOT / step.writes
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(done.stdout)


def digests() -> dict[str, str]:
    """Return a digest of every generated file, by its path."""
    files = [
        path
        for step in STEPS
        for path in (ROOT / step.writes, *(ROOT / step.writes).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    ]
    return {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def main() -> int:
    """Run all steps; with `--check` return 1 when that changed a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a file was out of date")
    check = parser.parse_args().check
    before = digests()
    for step in STEPS:
        run(step)
    after = digests()
    stale = sorted(path for path, _ in before.items() ^ after.items())
    for path in dict.fromkeys(stale):
        sys.stdout.write(f"{'was out of date' if check else 'written'}: {path}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
