"""Every metric of Alur, declared once: code asks for one by its name, and the reference page is made of this table.

Names are `<component>_<what>_<unit>[_total]`; the prefix `alur_` is added to them. Labels are few and bounded: never an
execution, a person or a path with ids in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

API_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
HOOK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)
NODE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 180.0, 600.0)
RUN_SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 600.0)
RECONCILE_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
CODE_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 600.0)
WAIT_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Declared:
    """One metric. `buckets` are the upper bounds of a histogram."""

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = API_SECONDS


def _counter(name: str, about: str, *labels: str) -> Declared:
    return Declared(name, "counter", about, labels)


def _gauge(name: str, about: str, *labels: str) -> Declared:
    return Declared(name, "gauge", about, labels)


def _histogram(name: str, buckets: tuple[float, ...], about: str, *labels: str) -> Declared:
    return Declared(name, "histogram", about, labels, buckets)


METRICS = (
    _counter(
        "gateway_requests_total",
        "Requests by method, route template and status.",
        *("method", "route", "status"),
    ),
    _histogram(
        "gateway_request_duration_seconds",
        API_SECONDS,
        "Time from the first byte of a request to the last of its answer.",
        "route",
    ),
    _histogram(
        "gateway_webhook_duration_seconds",
        HOOK_SECONDS,
        "Time from a webhook call to its answer, by status.",
        "status",
    ),
    _counter("gateway_grpc_calls_total", "RPCs by operation and status code.", "operation", "code"),
    _histogram(
        "gateway_grpc_call_duration_seconds",
        API_SECONDS,
        "Time from an RPC's request to its answer; streams are left out.",
        "operation",
    ),
    _counter(
        "calls_served_total",
        "Calls of other services, by port, method and status code.",
        *("port", "method", "code"),
    ),
    _histogram(
        "calls_duration_seconds", API_SECONDS, "Time that a call of another service took.", "port"
    ),
    _counter(
        "executor_runs_started_total", "Executions that were begun, each once a process took it up."
    ),
    _counter("executor_runs_completed_total", "Executions that ended.", "result"),
    _counter("executor_runs_in_doubt_total", "Times that an execution came to rest in doubt."),
    _histogram("executor_start_delay_seconds", WAIT_SECONDS, "From acceptance to the first node."),
    _histogram("executor_run_duration_seconds", RUN_SECONDS, "From the first node to the end."),
    _histogram(
        "executor_node_duration_seconds",
        NODE_SECONDS,
        "How long an attempt of a node took, and what it came to.",
        *("type", "result"),
    ),
    _counter("executor_node_retries_total", "Node runs tried again.", "type"),
    _histogram(
        "executor_code_duration_seconds",
        CODE_SECONDS,
        "Runs of code of users, by language and result.",
        *("language", "result"),
    ),
    _counter("executor_code_kills_total", "Runners that were killed or died, by reason.", "reason"),
    _counter(
        "outbound_decisions_total",
        "Decisions of the outbound guard on places that nodes and triggers go to: `public`, `listed` or `refused`.",
        "decision",
    ),
    _counter("security_events_total", "What was refused or stopped, by kind.", "kind"),
    _counter(
        "security_events_lost_total",
        "Security events of which only the number is known, by kind: of too many origins at once, or unwritten at the end.",
        "kind",
    ),
    _counter(
        "security_events_write_failures_total",
        "Times that security events could not be written; they are kept and tried again.",
    ),
    _gauge("executor_active_runs", "Executions in memory."),
    _gauge("executor_lease_held", "1 while this worker's lease is renewed, 0 when it cannot be."),
    _gauge(
        "scheduler_queue_oldest_seconds",
        "Age of the oldest accepted execution that nobody has taken up after two seconds; 0 when there is none.",
    ),
    _gauge(
        "scheduler_pool_oldest_seconds",
        "How long the oldest node run of a pool has waited for an executor; of at most 50 pools in which one waits.",
        "pool",
    ),
    _counter(
        "scheduler_tasks_offered_again_total",
        "Node runs offered to their pool again because the executor that had them died.",
        "pool",
    ),
    _histogram(
        "scheduler_drift_seconds",
        WAIT_SECONDS,
        "From when a schedule was due to when it was fired.",
    ),
    _gauge(
        "scheduler_partitions_held",
        "Partitions of the workflows that this scheduler decides about; 0 on a data folder, where everything is its own.",
    ),
    _counter(
        "scheduler_refused_total",
        "Writes that were refused since another scheduler holds the partition by now, by what was to be written.",
        "what",
    ),
    _counter(
        "scheduler_admitted_again_total",
        "Executions handed to executors from the store, by why.",
        "reason",
    ),
    _counter("bus_published_total", "Records that the broker has taken.", "topic"),
    _counter(
        "bus_untold_total",
        "Hints that the broker did not take; the store has what they say.",
        "topic",
    ),
    _counter(
        "bus_handled_total",
        "Records that are finished: done, unwanted, retried, buried or dropped.",
        *("topic", "group", "result"),
    ),
    _counter("bus_retries_total", "Attempts that failed and are made again.", "topic", "group"),
    _counter("bus_dead_letters_total", "Events that a group could not handle.", "topic", "group"),
    _gauge("bus_lag_records", "Records that the group has not finished.", "topic", "group"),
    _gauge("bus_oldest_seconds", "Age of the oldest record that is being handled.", "group"),
    _counter(
        "store_errors_total",
        "Reads and writes that the store failed to do.",
        *("operation", "code"),
    ),
    _gauge(
        "dependency_up",
        "1 while MongoDB, Kafka or the store of blobs answers, 0 when it has not for some seconds.",
        "dependency",
    ),
    _gauge("store_pool_connections", "Connections to MongoDB: open, and of those in use.", "state"),
    _counter("store_pool_timeouts_total", "Times that no connection to MongoDB was to be had."),
    _counter(
        "operator_reconciles_total",
        "Objects handled, by result: done, later (it is tried again) or failed.",
        *("kind", "result"),
    ),
    _histogram("operator_reconcile_seconds", RECONCILE_SECONDS, "How long each took.", "kind"),
    _gauge("operator_queue_depth", "Objects that wait for their turn to be handled.", "kind"),
    _gauge("operator_queue_oldest_seconds", "How long the first of them has waited.", "kind"),
    _histogram(
        "operator_queue_wait_seconds", WAIT_SECONDS, "How long each waited for its turn.", "kind"
    ),
    _counter(
        "operator_watch_restarts_total",
        "Watches of the cluster that were begun again; each ends by itself after some minutes.",
        "kind",
    ),
    _gauge("operator_runs_followed", "Runs that are followed."),
    _counter("operator_admissions_total", "Workflows that the API server asked about.", "result"),
    _gauge("build_info", "1, labelled with the version that runs.", "version"),
)
"""All of them, in the order of the reference page."""
