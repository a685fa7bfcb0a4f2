"""Log lines, metrics and traces, the same for every service."""

from alur_common.telemetry.logs import configure_logs, get_logger
from alur_common.telemetry.metrics import Metrics, MetricsServer, start_metrics_server
from alur_common.telemetry.switch import open_tracer

__all__ = [
    "Metrics",
    "MetricsServer",
    "configure_logs",
    "get_logger",
    "open_tracer",
    "start_metrics_server",
]
