"""What a started process does with the memory that its start filled."""

from __future__ import annotations

import gc

from alur_common.memory import gather, settle, whole_pages

MAPS = """\
55d000000000-55d000900000 r-xp 00000000 fe:00 1234 /usr/bin/python3.11
55d001100000-55d001900000 rw-p 00000000 00:00 0    [heap]
7f0000000000-7f0000200000 rw-p 00000000 00:00 0
7f0000300000-7f00004ff000 rw-p 00000000 00:00 0
7f0000600000-7f0000a00000 rw-p 00000000 fe:00 77   /var/data/alur.db-shm
7f0000c00000-7f0001000000 ---p 00000000 00:00 0
7f0001200000-7f0001600000 rw-s 00000000 00:00 0
7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0    [stack]
"""


def test_only_what_fills_huge_pages_of_its_own_is_gathered() -> None:
    assert list(whole_pages(MAPS)) == [
        (0x55D001200000, 0x55D001800000),
        (0x7F0000000000, 0x7F0000200000),
    ]


async def test_what_start_up_loaded_is_not_looked_through_again() -> None:
    before = gc.get_freeze_count()
    kept: list[list[int]] = [[] for _ in range(10)]
    settle()
    try:
        assert gc.get_freeze_count() > before + len(kept)
    finally:
        gc.unfreeze()


def test_gathering_leaves_what_memory_holds_as_it_was() -> None:
    held = [bytes([number % 256]) * 4096 for number in range(2048)]
    gather()
    assert held == [bytes([number % 256]) * 4096 for number in range(2048)]
