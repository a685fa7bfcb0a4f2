"""Apache Kafka, one node that is broker and controller (KRaft)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.servers.cache import kept, run, temporary_folder
from tools.servers.running import Server, free_port

NAME = "kafka"
VERSION = "4.4.0"
LOGGING = "2.25.5"
ARCHIVE = "classes.jsa"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>dev.alur</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>{LOGGING}</version></dependency>
</dependencies>
</project>
"""
_SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=2
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=250
message.max.bytes=1048588
log.cleaner.dedupe.buffer.size=4194304
"""
_GUARDED = """\
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{guarded.user}="{guarded.password}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={guarded.identity}
"""
_CLUSTER = "YWx1ci10ZXN0LWNsdXN0ZQ"
# Of the 128 MiB that the cleaner of logs takes as it stands, little use is made here, and a heap that they fill stops the
# broker for seconds to collect itself: it then counts as dead.
_HEAP = ("-Xmx512m", "-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(frozen=True)
class Guarded:
    """A second way in: by TLS with this key and certificate (one PEM file), for one user, by SCRAM or in plain."""

    port: int
    user: str
    password: str
    identity: Path


def _build(folder: Path) -> None:
    (folder / "pom.xml").write_text(_POM)
    command = ("mvn", "-B", "-q", "dependency:copy-dependencies", "-DincludeScope=runtime")
    run(*command, f"-DoutputDirectory={folder / 'lib'}", cwd=folder)
    _archive(folder)


def _archive(folder: Path) -> None:
    """Let a broker write down the classes that it loads, which halves the time of each later start."""
    data = temporary_folder()
    dump = f"-XX:ArchiveClassesAtExit={folder / ARCHIVE}"
    broker = _server(folder, data, dump).start()
    broker.stop(within_seconds=60)
    shutil.rmtree(data)


def get() -> Path:
    """Return the folder of its jars and of its archive of classes."""
    return kept(NAME, VERSION, _build)


def version() -> str:
    """Return the version that the broker says."""
    return run("java", "-cp", f"{get()}/lib/*", "kafka.Kafka", "--version").split()[0]


def server(
    folder: Path, *, advertised: int | None = None, guarded: Guarded | None = None
) -> Server:
    """Return a broker on fresh data in this folder; its address is `127.0.0.1:<port>`.

    It tells its clients to come by the port `advertised`, where something stands that forwards to its own.
    """
    installed = get()
    # Java goes on without an archive that is missing or that another version of it made.
    archive = f"-XX:SharedArchiveFile={installed / ARCHIVE}"
    return _server(installed, folder, archive, advertised, guarded)


def _server(
    installed: Path,
    folder: Path,
    archive: str,
    advertised: int | None = None,
    guarded: Guarded | None = None,
) -> Server:
    java = ("java", *_HEAP, archive, "-cp", f"{installed}/lib/*")
    port, controller = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "server.properties"
    places = {"port": port, "controller": controller, "data": folder / "data"}
    text = _SETTINGS.format(**places, advertised=advertised or port)
    format_data = ["kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(settings)]
    if guarded is not None:
        text = text.replace(",CONTROLLER", f",SASL_SSL://127.0.0.1:{guarded.port},CONTROLLER", 1)
        text = text.replace(
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{advertised or port}",
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{advertised or port}"
            f",SASL_SSL://127.0.0.1:{guarded.port}",
        )
        text += _GUARDED.format(guarded=guarded)
        format_data += [
            "--add-scram",
            f"SCRAM-SHA-512=[name={guarded.user},password={guarded.password}]",
        ]
    settings.write_text(text)
    run("java", "-cp", f"{installed}/lib/*", *format_data)
    return Server(NAME, (*java, "kafka.Kafka", str(settings)), folder, port)
