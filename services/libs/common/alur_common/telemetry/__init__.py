"""Log lines and metrics, the same for every service."""

from alur_common.telemetry.logs import configure_logs, get_logger
from alur_common.telemetry.metrics import Metrics, MetricsServer, start_metrics_server

__all__ = ["Metrics", "MetricsServer", "configure_logs", "get_logger", "start_metrics_server"]
