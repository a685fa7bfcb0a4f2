"""`alur topics` and `alur dlq`: what lies on Kafka, asked of ALUR_KAFKA directly."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from alur import output
from alur.options import DryRun, Output
from alur.output import Format, note, table

if TYPE_CHECKING:
    from alur_common.kafka.settings import KafkaSettings

topics_app = typer.Typer(help="The topics of Kafka on which services talk.", no_args_is_help=True)
dlq_app = typer.Typer(help="Events that could not be handled.", no_args_is_help=True)
Topic = Annotated[str, typer.Argument(help="A topic of dead letters, as `alur dlq list` shows it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many, the oldest first.")]
Many = Annotated[
    int | None,
    typer.Option(min=1, max=10_000, help="How many, the oldest first; 1000 where nothing is said."),
]
Offset = Annotated[
    int | None,
    typer.Option(min=0, help="Only the letter at this offset, as `alur dlq show` prints it."),
]
_MANY = 1_000


def _settings() -> KafkaSettings:
    from alur_common.kafka.settings import KafkaSettings  # noqa: PLC0415  # only these commands need it

    return KafkaSettings.load()


@topics_app.command("list")
def list_topics(form: Output = Format.TABLE) -> None:
    """List the topics that Alur uses. Asks no broker."""
    from alur_common.kafka.topics import specs  # noqa: PLC0415  # as above

    every = list(specs(_settings().partitions))
    if form is Format.TABLE:
        table(
            ["topic", "holds", "partitions"], [[s.name, s.kind, str(s.partitions)] for s in every]
        )
        return
    shown = [
        {"name": s.name, "kind": s.kind, "partitions": s.partitions, "settings": dict(s.settings)}
        for s in every
    ]
    output.data(shown, form)


@topics_app.command("apply")
def apply_topics(
    dry_run: DryRun = False,
    replication: Annotated[
        int, typer.Option(min=0, help="Copies of each; 0: three, or as many as there are brokers.")
    ] = 0,
) -> None:
    """Make the topics that are missing, and say which differ; those are never changed."""
    from alur_common.kafka import admin  # noqa: PLC0415  # as above

    settings = _settings()
    found = asyncio.run(admin.compare_topics(settings))
    for topic in found:
        if topic.differs:
            output.write(f"{topic.spec.name} differs: {'; '.join(topic.differs)}")
    missing = [topic.spec.name for topic in found if not topic.is_there]
    if not dry_run and missing:
        missing = asyncio.run(admin.apply_topics(settings, replication=replication))
    for name in missing:
        output.write(f"{name} {'would be made' if dry_run else 'made'}")
    if not missing:
        note("every topic is there")


@dlq_app.command("list")
def list_dead_letters(form: Output = Format.TABLE) -> None:
    """Show how many dead letters there are, by topic."""
    from alur_common.kafka.dead_letters import count_letters  # noqa: PLC0415  # as above

    counts = asyncio.run(count_letters(_settings()))
    if form is Format.TABLE:
        table(["topic", "letters"], [[name, str(count)] for name, count in counts.items()])
    else:
        output.data([{"topic": n, "letters": c} for n, c in counts.items()], form)


@dlq_app.command("show")
def show_dead_letters(topic: Topic, limit: Limit = 20, form: Output = Format.TABLE) -> None:
    """Show dead letters and why they are here."""
    from alur_common.kafka.dead_letters import read_letters  # noqa: PLC0415  # as above

    letters = asyncio.run(read_letters(_settings(), topic, limit))
    if form is Format.TABLE:
        rows = [
            [
                str(one.offset),
                one.key,
                *(one.told(name) for name in ("time", "group", "error-message")),
            ]
            for one in letters
        ]
        table(["offset", "key", "since", "group", "why"], rows, empty="no dead letters")
    else:
        output.data([one.shown() for one in letters], form)


@dlq_app.command("replay")
def replay_dead_letters(
    topic: Topic,
    limit: Many = None,
    offset: Offset = None,
    yes: Yes = False,
) -> None:
    """Send dead letters again to those who could not handle them, once what kept them from it is mended.

    With --offset one of them; those older than it get new offsets, behind the newest.
    """
    from alur_common.kafka.dead_letters import read_letters, replay_letters  # noqa: PLC0415  # as above

    settings, count = _settings(), _count(limit, offset)
    if yes:
        sent = asyncio.run(replay_letters(settings, topic, count, offset=offset))
        output.write(f"{sent} sent again")
        return
    for letter in asyncio.run(read_letters(settings, topic, count, offset=offset)):
        output.write(f"{letter.offset} {letter.key or '-'} would be sent to {letter.told('topic')}")
    note("nothing was sent: add --yes")


@dlq_app.command("drop")
def drop_dead_letters(
    topic: Topic, limit: Many = None, offset: Offset = None, yes: Yes = False
) -> None:
    """Remove dead letters for good: those that nobody will ever be able to handle, such as forged events.

    With --offset one of them; those older than it get new offsets, behind the newest.
    """
    from alur_common.kafka.dead_letters import drop_letters, read_letters  # noqa: PLC0415  # as above

    settings, count = _settings(), _count(limit, offset)
    if yes:
        dropped = asyncio.run(drop_letters(settings, topic, count, offset=offset))
        output.write(f"{dropped} dropped")
        return
    for letter in asyncio.run(read_letters(settings, topic, count, offset=offset)):
        output.write(
            f"{letter.offset} {letter.key or '-'} would be dropped: {letter.told('error-message')}"
        )
    note("nothing was dropped: add --yes")


def _count(limit: int | None, offset: int | None) -> int:
    if limit is not None and offset is not None:
        raise typer.BadParameter("--offset names one letter: leave out --limit")
    return limit or _MANY
