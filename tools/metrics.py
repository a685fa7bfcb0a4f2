"""Print the reference of metrics, from the table that declares them."""

from __future__ import annotations

import sys

from alur_common.telemetry.declared import METRICS, Declared
from alur_common.telemetry.metrics import PREFIX

_INTRODUCTION = """\
# Metrics

Each process serves its metrics at `/metrics` on a port of its own, `ALUR_METRICS_PORT`, in the text format of
Prometheus, and in OpenMetrics to whoever asks for that, as Prometheus does. In OpenMetrics, histograms carry exemplars:
the `trace_id` and `span_id` of a request that was counted, where it is recorded ([Follow a call](../how-to/tracing.md)).
Prometheus keeps them with `--enable-feature=exemplar-storage`.

Times are seconds. Labels never hold an execution, a person or an address. Beside these there are those of the process
itself, `process_*`. There is no outbox to be watched: an accepted execution is in the store before anyone is told, and
`alur_scheduler_queue_oldest_seconds` tells when nobody takes it up.

| metric | kind | labels | tells |
|---|---|---|---|
"""


def row(metric: Declared) -> str:
    """Return the line of one metric."""
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{PREFIX}{metric.name}` | {metric.kind} | {labels} | {metric.about} |\n"


def main() -> None:
    """Print the page."""
    sys.stdout.write(_INTRODUCTION + "".join(map(row, METRICS)))


if __name__ == "__main__":
    main()
