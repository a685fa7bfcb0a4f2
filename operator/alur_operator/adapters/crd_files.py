"""The custom resource definitions as files: `python -m alur_operator.adapters.crd_files FOLDER` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

from alur_engine.reading import write_yaml
from alur_operator.domain.crd import run_crd, workflow_crd

_HEAD = (
    "# Made by `make generate` from the models of the workflow document; changes here are lost.\n"
)


def main(folder: Path) -> None:
    """Write one file for each definition."""
    folder.mkdir(parents=True, exist_ok=True)
    for definition in (workflow_crd(), run_crd()):
        name = definition["metadata"]["name"]
        (folder / f"{name}.yaml").write_text(_HEAD + write_yaml(definition))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
