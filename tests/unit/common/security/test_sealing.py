from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_common.security.keys import add_key
from alur_common.security.sealing import Sealed, Sealer, SealError
from alur_common.security.wrapping import KeyRing, MasterKeys
from alur_sdk.errors import StateError

OLD, NEW = b"o" * 32, b"n" * 32
FIELDS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
    max_size=4,
)
BINDING = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=4)


def sealer(*keys: bytes) -> Sealer:
    return Sealer(
        MasterKeys(Path("/nowhere"), ",".join(base64.b64encode(key).decode() for key in keys))
    )


@given(fields=FIELDS, binding=BINDING)
def test_what_is_sealed_opens_where_it_belongs(fields: dict[str, str], binding: list[str]) -> None:
    async def run() -> dict[str, str]:
        one = sealer(OLD)
        sealed = Sealed.from_document((await one.seal(fields, *binding)).to_document())
        return await one.unseal(sealed, *binding)

    assert asyncio.run(run()) == fields


@given(left=BINDING, right=BINDING)
def test_what_is_moved_does_not_open(left: list[str], right: list[str]) -> None:
    async def run() -> None:
        one = sealer(OLD)
        sealed = await one.seal({"token": "x"}, *left)
        if left != right:
            with pytest.raises(SealError):
                await one.unseal(sealed, *right)

    asyncio.run(run())


@given(st.data())
def test_one_changed_bit_is_noticed(data: st.DataObject) -> None:
    one = sealer(OLD)
    sealed = asyncio.run(one.seal({"token": "x"}, "t", "c", "1"))
    content = bytearray(sealed.wrapped + sealed.content)
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    halves = bytes(content[: len(sealed.wrapped)]), bytes(content[len(sealed.wrapped) :])
    with pytest.raises(SealError):
        asyncio.run(one.unseal(Sealed(sealed.key_id, *halves), "t", "c", "1"))


@pytest.mark.parametrize("size", [0, 5, 12, 27])
async def test_what_is_cut_off_is_noticed(size: int) -> None:
    one = sealer(OLD)
    sealed = await one.seal({"token": "x"}, "t")
    with pytest.raises(SealError):
        await one.unseal(replace(sealed, content=sealed.content[:size]), "t")


@pytest.mark.parametrize(
    "document", [{}, {"keyId": "x", "wrapped": "é", "content": ""}, {"keyId": 1, "wrapped": 2}]
)
def test_a_damaged_document_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(SealError):
        Sealed.from_document(document)


async def test_the_same_secret_is_never_sealed_the_same() -> None:
    one = sealer(OLD)
    assert (await one.seal({"a": "b"})).content != (await one.seal({"a": "b"})).content


async def test_a_missing_master_key_is_said() -> None:
    with pytest.raises(SealError, match="missing"):
        await sealer(NEW).unseal(await sealer(OLD).seal({"a": "b"}))


async def test_rewrapping_moves_it_to_the_new_key() -> None:
    sealed = await sealer(OLD).seal({"a": "b"}, "t")
    both = sealer(NEW, OLD)
    moved = await both.rewrap(sealed, "t")
    assert (await both.is_current(sealed), await both.is_current(moved)) == (False, True)
    assert await sealer(NEW).unseal(moved, "t") == {"a": "b"}


async def test_rewrapping_elsewhere_fails() -> None:
    with pytest.raises(SealError):
        await sealer(NEW, OLD).rewrap(await sealer(OLD).seal({"a": "b"}, "t"), "u")


async def test_a_key_that_another_process_adds_is_used_at_once(tmp_path: Path) -> None:
    path = tmp_path / "master"
    here, there = Sealer(MasterKeys(path)), Sealer(MasterKeys(path))
    before = await here.seal({"a": "b"})
    add_key(path)
    after = await there.seal({"a": "c"})
    assert await here.unseal(after) == {"a": "c"}
    assert not await here.is_current(before)
    assert (await here.seal({})).key_id == after.key_id


async def test_a_key_that_another_process_retired_opens_what_was_read_before(
    tmp_path: Path,
) -> None:
    path = tmp_path / "master"
    here, there = Sealer(MasterKeys(path)), Sealer(MasterKeys(path))
    before = await here.seal({"a": "b"})
    await there.keys.renew()
    await there.keys.retire(before.key_id, [])
    assert await here.unseal(before) == {"a": "b"}
    with pytest.raises(SealError, match="missing"):
        await Sealer(MasterKeys(path)).unseal(before)


async def test_the_key_in_use_is_not_retired(tmp_path: Path) -> None:
    keys = MasterKeys(tmp_path / "master")
    with pytest.raises(StateError, match="in use"):
        await keys.retire(await keys.current(), [])


async def test_keys_of_the_environment_are_changed_there(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="ALUR_MASTER_KEY"):
        await sealer(OLD).keys.renew()


async def test_a_key_service_that_is_gone_is_said() -> None:
    sealed = replace(await sealer(OLD).seal({}), key_id="vault:transit/alur:v1")
    ring = Sealer(KeyRing(sealer(OLD).keys))
    with pytest.raises(SealError, match="not set here"):
        await ring.unseal(sealed)
