"""What `Inbox` promises, on whatever documents are kept in."""

from __future__ import annotations

import asyncio

import pytest

from alur_common.documents.port import Documents
from alur_common.executions import Message, StoredInbox

MANY = 1_001


def signal(name: str, number: int, execution: str = "e") -> Message:
    return Message(execution, "signal", name, {"n": number})


class InboxContract:
    """The suite; a subclass has a fixture `documents`, opened with `INBOX`."""

    @pytest.fixture
    def inbox(self, documents: Documents) -> StoredInbox:
        return StoredInbox(documents)

    async def test_what_was_read_and_removed_is_gone(self, inbox: StoredInbox) -> None:
        await inbox.put(signal("go", 1))
        (read,) = await inbox.read("e")
        for _ in range(2):
            await inbox.remove(read)
        assert await inbox.read("e") == []

    async def test_one_that_comes_again_replaces_what_nobody_took(self, inbox: StoredInbox) -> None:
        for number in (1, 2):
            await inbox.put(signal("go", number))
        assert [message.payload for message in await inbox.read("e")] == [{"n": 2}]

    async def test_one_that_comes_again_after_a_read_stays_when_that_which_was_read_goes(
        self, inbox: StoredInbox
    ) -> None:
        await inbox.put(signal("next", 1))
        (read,) = await inbox.read("e")
        await inbox.put(signal("next", 2))
        await inbox.remove(read)
        assert [message.payload for message in await inbox.read("e")] == [{"n": 2}]

    async def test_who_takes_it_stays_known_until_it_goes_or_is_replaced(
        self, inbox: StoredInbox
    ) -> None:
        await inbox.put(signal("next", 1))
        (read,) = await inbox.read("e")
        marked = await inbox.mark(read, ("wait", "0"))
        (found,) = await inbox.read("e")
        assert (found.taken, found.payload) == (("wait", "0"), {"n": 1})
        await inbox.put(signal("next", 2))
        (found,) = await inbox.read("e")
        assert (found.taken, found.payload) == (None, {"n": 2})
        assert await inbox.mark(read, ("wait", "0")) is None
        assert marked is not None
        await inbox.remove(marked)
        assert [message.payload for message in await inbox.read("e")] == [{"n": 2}]

    async def test_all_are_read_however_many_there_are(self, inbox: StoredInbox) -> None:
        await asyncio.gather(*(inbox.put(signal(f"a{n:04}", n)) for n in range(MANY)))
        await inbox.put(signal("z", 0, execution="e1"))
        names = [message.key for message in await inbox.read("e")]
        assert names == [f"a{number:04}" for number in range(MANY)]
