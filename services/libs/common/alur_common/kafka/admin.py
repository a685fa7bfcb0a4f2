"""Topics on the broker: made where they are missing, compared where they are there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from alur_common.kafka.readiness import until_served
from alur_common.kafka.settings import KafkaSettings, settings_of
from alur_common.kafka.topics import Spec, specs
from alur_sdk.errors import UnavailableError

COPIES = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A topic of ours beside what the broker has. `differs` says in what, for people; it is empty when all is well."""

    spec: Spec
    is_there: bool
    replication: int = 0
    differs: tuple[str, ...] = ()


@asynccontextmanager
async def administer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect for the length of the block. Raises `UnavailableError` when Kafka is out of reach or refuses."""
    admin = AIOKafkaAdminClient(**settings.options())
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as error:
        message = f"Kafka at {settings.servers} is out of reach: {error}"
        raise UnavailableError(message) from error
    finally:
        await admin.close()


async def compare_topics(servers: KafkaSettings | str) -> list[Found]:
    """Return all our topics beside what the broker has."""
    settings = settings_of(servers)
    async with administer(settings) as admin:
        return await _compare(admin, list(specs(settings.partitions)))


async def apply_topics(servers: KafkaSettings | str, *, replication: int = 0) -> list[str]:
    """Make the topics that are missing, wait until they are served, and return their names; what is there is never changed.

    Safe to repeat, and when several do it at once. Raises `UnavailableError` when Kafka is out of reach or refuses.
    """
    settings = settings_of(servers)
    async with administer(settings) as admin:
        known = set(await admin.list_topics())
        missing = [spec for spec in specs(settings.partitions) if spec.name not in known]
        if missing:
            await _make(admin, missing, replication or settings.replication)
            await until_served(admin, settings, missing)
        return [spec.name for spec in missing]


async def _make(admin: AIOKafkaAdminClient, missing: Sequence[Spec], replication: int) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    copies = replication or min(COPIES, brokers)
    safe = {"min.insync.replicas": str(COPIES - 1)} if copies >= COPIES else {}
    new = [
        NewTopic(spec.name, spec.partitions, copies, topic_configs={**spec.settings, **safe})
        for spec in missing
    ]
    for name, code, *_ in (await admin.create_topics(new)).topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise UnavailableError(f"Kafka did not make the topic {name}: {error.__name__}")


async def _compare(admin: AIOKafkaAdminClient, wanted: Sequence[Spec]) -> list[Found]:
    known = set(await admin.list_topics())
    there = [spec.name for spec in wanted if spec.name in known]
    if not there:
        return [Found(spec, is_there=False) for spec in wanted]
    partitions = {t["topic"]: t["partitions"] for t in await admin.describe_topics(there)}
    settings = await _settings(admin, there)
    found = []
    for spec in wanted:
        if spec.name not in partitions:
            found.append(Found(spec, is_there=False))
            continue
        its = partitions[spec.name]
        differs = tuple(_differences(spec, len(its), settings[spec.name]))
        found.append(Found(spec, True, min(len(p["replicas"]) for p in its), differs))
    return found


async def _settings(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in await admin.describe_configs(asked)
        for _, _, _, name, entries in answer.resources
    }


def _differences(spec: Spec, partitions: int, settings: Mapping[str, str]) -> list[str]:
    told = []
    if partitions != spec.partitions:
        told.append(f"{partitions} partitions, not {spec.partitions}")
    for name, wanted in spec.settings.items():
        if settings.get(name) != wanted:
            told.append(f"{name} is {settings.get(name)}, not {wanted}")
    return told
