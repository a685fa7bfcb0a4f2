"""Leaving a group on purpose, so that the others take up its partitions at once."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer


def leave_at_stop(consumer: AIOKafkaConsumer) -> None:
    """Let a consumer leave its group when it is stopped next.

    A member with a name of its own (static membership, KIP-345) keeps its place until its session ends: right for one
    that dies and comes back, but whoever is told to stop may never do so, and its partitions would be read by nobody.
    """
    # aiokafka lets go at once of members without a name.
    consumer._coordinator._group_instance_id = None  # noqa: SLF001  # it offers no other way
