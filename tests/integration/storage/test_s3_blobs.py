"""The contract of `Blobs` on S3, or a store that speaks its protocol, and what only S3 has to stand."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import obstore
import pytest
from obstore.store import S3Store

from alur_common.blobs import Blobs
from alur_common.blobs_files import FileBlobs
from alur_common.blobs_open import open_blobs
from alur_common.blobs_s3 import S3Blobs
from alur_sdk.errors import InvalidError, StorageError, UnavailableError
from tests.contract.blobs_contract import BlobsContract
from tools.servers import s3


@pytest.fixture
def place(s3_url: str) -> str:
    """A prefix of our own."""
    return f"{s3_url}/{uuid4().hex}"


class TestS3Blobs(BlobsContract):
    @pytest.fixture
    def blobs(self, place: str) -> Blobs:
        return open_blobs(place)


async def test_damaged_content_is_never_returned(place: str) -> None:
    name = hashlib.sha256(b"right").hexdigest()
    store = S3Store.from_url(place, client_options={"allow_http": True})
    await obstore.put_async(store, f"{name[:2]}/{name}", b"wrong")
    with pytest.raises(StorageError, match="damaged"):
        await S3Blobs(place).get(name)


async def test_a_key_that_is_there_is_not_written_again(place: str) -> None:
    blobs = S3Blobs(place)
    name = await blobs.put(b"once")
    store = S3Store.from_url(place, client_options={"allow_http": True})
    first = (await obstore.head_async(store, f"{name[:2]}/{name}"))["last_modified"]
    await blobs.put(b"once")
    assert (await obstore.head_async(store, f"{name[:2]}/{name}"))["last_modified"] == first


async def test_a_large_content_is_kept(place: str) -> None:
    content = bytes(range(256)) * 80_000
    blobs = S3Blobs(place)
    assert await blobs.get(await blobs.put(content)) == content


async def test_a_store_out_of_reach_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("REGION", "r")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    retries = {"max_retries": 1, "retry_timeout": timedelta(seconds=1)}
    blobs = S3Blobs("s3://bucket/prefix", retries=retries)  # type: ignore[arg-type]  # a TypedDict
    began = time.monotonic()
    with pytest.raises(StorageError) as refused:
        await blobs.put(b"x")
    assert refused.value.retryable
    assert time.monotonic() - began < 5


async def test_a_store_that_answers_is_in_reach_and_one_that_went_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    server = s3.server(tmp_path)
    request.addfinalizer(server.kill)
    server.start()
    for name, value in s3.environment(server.port).items():
        monkeypatch.setenv(name, value)
    blobs = open_blobs(f"s3://{s3.BUCKET}/reach")
    for _ in range(2):
        await blobs.reach()
    server.kill()
    with pytest.raises(UnavailableError, match="S3 is out of reach"):
        await blobs.reach()
    server.start()
    await blobs.reach()


async def test_a_bucket_that_is_not_there_is_out_of_reach(s3_url: str) -> None:
    with pytest.raises(UnavailableError, match="not there"):
        await open_blobs(s3_url.replace("s3://", "s3://no-")).reach()


async def test_a_folder_that_cannot_be_made_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder, none = FileBlobs(tmp_path / "blobs"), FileBlobs(tmp_path / "file" / "blobs")
    await folder.reach()
    with pytest.raises(UnavailableError, match="out of reach"):
        await none.reach()
    for one in (folder, none):
        one.close()


def test_a_folder_is_a_place_for_blobs_and_another_url_is_none(tmp_path: Path) -> None:
    folder = open_blobs(str(tmp_path))
    assert isinstance(folder, FileBlobs)
    folder.close()
    with pytest.raises(InvalidError, match="no place for blobs"):
        open_blobs("ftp://bucket")
