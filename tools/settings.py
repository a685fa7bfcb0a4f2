"""Print the reference of settings: every `ALUR_*` variable, from the classes that read them."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from alur_common.calls.settings import CallSettings
from alur_common.kafka.settings import KafkaSettings
from alur_common.settings import Environment, Settings
from alur_executor.settings import Settings as ExecutorSettings
from alur_gateway.settings import Settings as GatewaySettings
from alur_operator.settings import Settings as OperatorSettings
from alur_registry.settings import Settings as RegistrySettings
from alur_scheduler.settings import Settings as SchedulerSettings

CLASSES: tuple[tuple[str, str, type[Environment]], ...] = (
    ("Every service", "Read by each process.", Settings),
    ("Gateway", "REST, webhooks, gRPC and the editor.", GatewaySettings),
    ("Registry", "Workflows, people, credentials.", RegistrySettings),
    ("Scheduler", "Schedules, timers, recovery.", SchedulerSettings),
    ("Executor", "What runs executions.", ExecutorSettings),
    ("Operator", "Workflow and WorkflowRun of Kubernetes.", OperatorSettings),
    ("Calls between services", "Where each service is a process of its own.", CallSettings),
    ("Kafka", "How `ALUR_KAFKA` is reached.", KafkaSettings),
)
COMMAND_LINE = {
    "ALUR_SERVER": "The server; `--server` wins.",
    "ALUR_TOKEN": "Who asks; on the machine of `alur dev` it is not needed.",
    "ALUR_PROJECT": "The project; `-p` wins.",
    "ALUR_CONTEXT": "A context of the configuration file; `--context` wins.",
    "ALUR_CONFIG": "The configuration file.",
    "ALUR_DATA": "The data folder of `alur dev`, and of the server on this machine that is meant.",
    "ALUR_DEBUG": "`1`: show the traceback of a fault in Alur.",
}
_INTRODUCTION = """\
# Settings

A process reads its settings from the environment when it starts. A value that is wrong stops the start with the name
of its variable. `alur dev` reads those of all services; its options (`--data`, `--host`, `--port`, `--grpc-port`,
`--metrics-port`) win over `ALUR_DATA`, `ALUR_HOST`, `ALUR_PORT`, `ALUR_GRPC_PORT` and `ALUR_METRICS_PORT`.

Two that many need:

```console
$ ALUR_OUTBOUND_ALLOW='10.0.0.0/8, 192.168.7.4:5432, [fd00::/8]:5432' alur dev   # networks, some for one port alone
$ ALUR_ENV_ALLOW='REGION,STAGE' alur dev                                         # what `$env.REGION` may show
```

Nodes reach public addresses only, and what `ALUR_OUTBOUND_ALLOW` names beside them: networks or single addresses, never
host names. `ALUR_OUTBOUND_PROJECTS` gives nodes of one project, or of all projects of a tenant, networks besides. `127.0.0.0/8` is this machine, `::1` included. The address by which a cloud tells its machines their
credentials is reached only where it is named by itself. In expressions `$env.NAME` of a variable that is not on
`ALUR_ENV_ALLOW`, or not set, is `undefined`, which is nothing in a text.
"""
_TRACES = """\
## Traces

The variables are those that OpenTelemetry has for every language; all others of its SDK for traces are read too.

| variable | default | what it says |
|---|---|---|
| `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | | The collector, by OTLP over gRPC: `http://collector:4317`. Nothing is traced without it. |
| `OTEL_TRACES_EXPORTER` | | `otlp` traces to `http://localhost:4317` without an endpoint, `none` switches it off. |
| `OTEL_SDK_DISABLED` | `false` | `true` switches it off. |
| `OTEL_TRACES_SAMPLER` | `parentbased_always_on` | Which traces are recorded; `parentbased_traceidratio` takes a share of them. |
| `OTEL_TRACES_SAMPLER_ARG` | `1.0` | The share: `0.1`. |
| `OTEL_SERVICE_NAME` | `alur-<service>` | The name of this process in traces. |
| `OTEL_RESOURCE_ATTRIBUTES` | | What else is said of it: `deployment.environment.name=production`. |
| `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BSP_MAX_QUEUE_SIZE` | `5000`, `2048` | How often spans leave, in milliseconds, and how many wait at most; more are dropped. |
"""


def variable(name: str, field: FieldInfo, settings: type[Environment]) -> str:
    """Return the variable that a field is read from."""
    if isinstance(field.validation_alias, str):
        return field.validation_alias
    return f"{settings.model_config['env_prefix']}{name}".upper()


def default(field: FieldInfo) -> str:
    """Return the default as it would be written; a secret has none."""
    value: Any = field.default
    if value is None or value == "" or isinstance(value, SecretStr):
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"


def values(field: FieldInfo) -> str:
    """Return the values that may be chosen from, if there are just some."""
    chosen = [str(one) for one in get_args(field.annotation) if isinstance(one, str)]
    return f" One of {', '.join(f'`{one}`' for one in chosen)}." if chosen else ""


def rows(settings: type[Environment]) -> list[str]:
    """Return the lines of a class; what all services have stands with them alone."""
    common = set(Settings.model_fields) if settings is not Settings else set()
    if settings is not RegistrySettings:
        common.add("data")  # of the others it is that of `alur dev`, which the command line tells
    return [
        f"| `{variable(name, field, settings)}` | {default(field)} | {field.description}{values(field)} |"
        for name, field in settings.model_fields.items()
        if name not in common or not issubclass(settings, Settings)
    ]


def page() -> str:
    """Return the whole page."""
    parts = [_INTRODUCTION]
    for title, about, settings in CLASSES:
        table = "\n".join(rows(settings))
        parts.append(
            f"## {title}\n\n{about}\n\n| variable | default | what it says |\n|---|---|---|\n{table}\n"
        )
    said = "\n".join(f"| `{name}` | {about} |" for name, about in COMMAND_LINE.items())
    parts.append(f"## Command line\n\n| variable | what it says |\n|---|---|\n{said}\n")
    parts.append(_TRACES)
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
