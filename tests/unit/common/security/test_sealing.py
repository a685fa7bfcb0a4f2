from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_common.security.sealing import Sealed, Sealer, SealError

OLD, NEW = b"o" * 32, b"n" * 32
FIELDS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
    max_size=4,
)
BINDING = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=4)


@given(fields=FIELDS, binding=BINDING)
def test_what_is_sealed_opens_where_it_belongs(fields: dict[str, str], binding: list[str]) -> None:
    sealer = Sealer([OLD])
    sealed = Sealed.from_document(sealer.seal(fields, *binding).to_document())
    assert sealer.unseal(sealed, *binding) == fields


@given(left=BINDING, right=BINDING)
def test_what_is_moved_does_not_open(left: list[str], right: list[str]) -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal({"token": "x"}, *left)
    if left != right:
        with pytest.raises(SealError):
            sealer.unseal(sealed, *right)


@given(st.data())
def test_one_changed_bit_is_noticed(data: st.DataObject) -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal({"token": "x"}, "t", "c", "1")
    content = bytearray(sealed.wrapped + sealed.content)
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    halves = bytes(content[: len(sealed.wrapped)]), bytes(content[len(sealed.wrapped) :])
    with pytest.raises(SealError):
        sealer.unseal(Sealed(sealed.key_id, *halves), "t", "c", "1")


@pytest.mark.parametrize("size", [0, 5, 12, 27])
def test_what_is_cut_off_is_noticed(size: int) -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal({"token": "x"}, "t")
    with pytest.raises(SealError):
        sealer.unseal(replace(sealed, content=sealed.content[:size]), "t")


@pytest.mark.parametrize(
    "document", [{}, {"keyId": "x", "wrapped": "é", "content": ""}, {"keyId": 1, "wrapped": 2}]
)
def test_a_damaged_document_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(SealError):
        Sealed.from_document(document)


def test_the_same_secret_is_never_sealed_the_same() -> None:
    sealer = Sealer([OLD])
    assert sealer.seal({"a": "b"}).content != sealer.seal({"a": "b"}).content


def test_a_missing_master_key_is_said() -> None:
    with pytest.raises(SealError, match="missing"):
        Sealer([NEW]).unseal(Sealer([OLD]).seal({"a": "b"}))


def test_rewrapping_moves_it_to_the_new_key() -> None:
    sealed = Sealer([OLD]).seal({"a": "b"}, "t")
    both = Sealer([NEW, OLD])
    moved = both.rewrap(sealed, "t")
    assert (both.is_current(sealed), both.is_current(moved)) == (False, True)
    assert Sealer([NEW]).unseal(moved, "t") == {"a": "b"}


def test_rewrapping_elsewhere_fails() -> None:
    both = Sealer([NEW, OLD])
    with pytest.raises(SealError):
        both.rewrap(Sealer([OLD]).seal({"a": "b"}, "t"), "u")
