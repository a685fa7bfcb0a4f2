"""The JSON Schema of the workflow document: `python -m alur_engine.schema` prints it."""

from __future__ import annotations

import json
import sys
from typing import Any

from alur_engine.document import Workflow

SCHEMA_ID = "https://alur.dev/schemas/workflow-v1alpha1.json"


def workflow_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) that editors of text and the custom resource go by."""
    schema = Workflow.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
    }


def main() -> None:
    """Print the schema."""
    sys.stdout.write(json.dumps(workflow_schema(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
