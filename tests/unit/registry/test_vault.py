"""Keys in Vault, against a server that takes what Vault's documentation names and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from alur_common.clock import SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.security.rights import Caller
from alur_common.security.sealing import Sealer, SealError
from alur_registry.adapters.vault import VaultKeys
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from alur_sdk.errors import InvalidError, StateError, UnavailableError
from tests.support.vault import TOKEN, FakeVault, fake_vault
from tests.unit.registry.world import MovingClock, RememberingBus


@pytest.fixture
async def vault() -> AsyncIterator[FakeVault]:
    async with fake_vault() as vault:
        yield vault


@pytest.fixture
def keys(vault: FakeVault) -> VaultKeys:
    return VaultKeys(vault.url, "transit/alur", token=TOKEN, pauses=(0, 0))


async def test_what_vault_wrapped_opens_where_it_belongs_alone(keys: VaultKeys) -> None:
    sealer = Sealer(keys)
    sealed = await sealer.seal({"token": "x"}, "t", "c")
    assert await sealer.unseal(sealed, "t", "c") == {"token": "x"}
    with pytest.raises(SealError, match="another credential"):
        await sealer.unseal(sealed, "t", "d")


async def test_a_new_version_takes_over_and_an_old_one_is_retired(keys: VaultKeys) -> None:
    sealer = Sealer(keys)
    old = await sealer.seal({"token": "x"}, "t")
    new = await keys.renew()
    moved = await sealer.rewrap(old, "t")
    assert await keys.key_ids() == ["vault:transit/alur:v2", "vault:transit/alur:v1"]
    assert (old.key_id, moved.key_id) == ("vault:transit/alur:v1", new)
    with pytest.raises(StateError, match="in use"):
        await keys.retire(old.key_id, [old.key_id, new])
    await keys.retire(old.key_id, [new])
    assert await sealer.unseal(moved, "t") == {"token": "x"}
    with pytest.raises(SealError, match="retired"):
        await sealer.unseal(old, "t")


async def test_what_passes_is_tried_again(keys: VaultKeys, vault: FakeVault) -> None:
    vault.down = 2
    assert await keys.current() == "vault:transit/alur:v1"
    vault.down = 3
    with pytest.raises(UnavailableError, match="sealed"):
        await keys.current()


async def test_a_rotation_is_not_tried_twice(keys: VaultKeys, vault: FakeVault) -> None:
    vault.down = 1
    with pytest.raises(UnavailableError):
        await keys.renew()
    assert list(vault.keys) == [1]


async def test_a_vault_out_of_reach_is_said() -> None:
    gone = VaultKeys("http://127.0.0.1:9", "transit/alur", token=TOKEN, pauses=())
    with pytest.raises(UnavailableError, match="does not answer"):
        await gone.current()


async def test_a_token_that_may_not_is_said(keys: VaultKeys, vault: FakeVault) -> None:
    vault.taken = "other"
    with pytest.raises(StateError, match="policy") as refused:
        await keys.current()
    assert TOKEN not in str(refused.value)


async def test_a_key_that_is_missing_is_said(vault: FakeVault) -> None:
    with pytest.raises(StateError, match="vault write -f transit/keys/other"):
        await VaultKeys(vault.url, "transit/other", token=TOKEN).current()


async def test_a_token_that_is_renewed_in_its_file_is_read(
    vault: FakeVault, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    keys = VaultKeys(vault.url, "transit/alur", token_file=file, pauses=())
    with pytest.raises(UnavailableError, match="token"):
        await keys.current()
    for token in ("first", "second"):
        vault.taken = token
        file.write_text(f"{token}\n")
        await keys.current()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://vault.example:8200", "transit/alur"),
        ("https://v", "alur"),
        ("https://v", "a/../b?"),
    ],
)
def test_an_address_that_shows_the_token_or_names_no_key_is_refused(url: str, place: str) -> None:
    with pytest.raises(InvalidError, match="ALUR_VAULT"):
        VaultKeys(url, place)


@pytest.fixture
def another(
    documents: MemoryDocuments, clock: MovingClock, settings: Settings, vault: FakeVault
) -> Callable[[], Registry]:
    """Build a registry on the same store, once Vault is set: one of several."""
    file = settings.data / "token"
    file.write_text(TOKEN)
    given = {
        "vault_url": vault.url,
        "vault_token_file": file,
        "mongo": SecretStr("mongodb://shared"),
    }
    shared = settings.model_copy(update=given)
    return lambda: build(documents, RememberingBus(), clock, SystemIds(clock), shared)


@pytest.fixture
def in_vault(another: Callable[[], Registry]) -> Registry:
    return another()


async def finish(registry: Registry) -> None:
    after = None
    while (after := (await registry.rotate_some(after)).after) is not None:
        pass


async def test_secrets_move_from_the_master_key_to_vault(
    registry: Registry, owner: Caller, in_vault: Registry, settings: Settings
) -> None:
    await registry.set_credential(owner, "default", "c", "bearer", {"token": "1"})
    await in_vault.unseal(owner.tenant, "default", "c")
    begun = await in_vault.begin_rotation()
    assert (begun.key, begun.is_new, begun.left) == ("vault:transit/alur:v1", False, 1)
    await finish(in_vault)
    (master,) = [use for use in await in_vault.list_keys() if not use.is_current]
    await in_vault.retire_key(master.id)
    assert not (settings.data / "keys" / "master").exists()
    assert (await in_vault.unseal(owner.tenant, "default", "c")).fields == {"token": "1"}


async def test_what_another_process_has_just_read_opens_though_its_key_is_retired(
    in_vault: Registry, another: Callable[[], Registry], owner: Caller
) -> None:
    other = another()
    await in_vault.set_credential(owner, "default", "c", "bearer", {"token": "1"})
    await other.unseal(owner.tenant, "default", "c")
    old = (await in_vault.list_keys())[0].id
    await in_vault.begin_rotation()
    await finish(in_vault)
    await in_vault.retire_key(old)
    assert (await other.unseal(owner.tenant, "default", "c")).fields == {"token": "1"}
