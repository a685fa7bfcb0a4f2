"""Apache Kafka, one node that is broker and controller (KRaft)."""

from __future__ import annotations

from pathlib import Path

from tools.servers.cache import kept, run
from tools.servers.running import Server, free_port

VERSION = "4.4.0"
LOGGING = "2.25.5"
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
"""
_CLUSTER = "YWx1ci10ZXN0LWNsdXN0ZQ"
_HEAP = ("-Xmx256m", "-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def _build(folder: Path) -> None:
    (folder / "pom.xml").write_text(_POM)
    command = ("mvn", "-B", "-q", "dependency:copy-dependencies", "-DincludeScope=runtime")
    run(*command, f"-DoutputDirectory={folder / 'lib'}", cwd=folder)


def get() -> Path:
    """Return the folder of its jars."""
    return kept("kafka", f"{VERSION}-{LOGGING}", _build) / "lib"


def version() -> str:
    """Return the version that the jars say."""
    return run("java", "-cp", f"{get()}/*", "kafka.Kafka", "--version").split()[0]


def server(folder: Path) -> Server:
    """Return a broker on fresh data in this folder; its address is `127.0.0.1:<port>`."""
    jars = f"{get()}/*"
    port, controller = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "server.properties"
    settings.write_text(_SETTINGS.format(port=port, controller=controller, data=folder / "data"))
    run("java", "-cp", jars, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", settings)
    command = ("java", *_HEAP, "-cp", jars, "kafka.Kafka", str(settings))
    return Server("kafka", command, folder, port)
