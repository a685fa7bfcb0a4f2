"""Answers that go into a file on the disk, through the real client and a real area."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alur_common.outbound import AllowedNetworks, Guard
from alur_executor.adapters.file_area import FileArea, FileAreas, Quota
from alur_executor.adapters.http_client import HttpClient
from alur_nodes.registry import node_class
from alur_sdk import HttpRequest, HttpResponse
from alur_sdk.errors import AlurError, ByteLimitError, Permanent
from alur_sdk.testing import FakeContext, items_of, run_node
from tests.support.http_server import Answer, http_answer, local_server

LARGE = bytes(range(256)) * 12_000


@pytest.fixture
async def area(tmp_path: Path) -> AsyncIterator[FileArea]:
    areas = FileAreas(tmp_path / "files", Quota(bytes=5_000_000))
    yield areas.area("acme")
    await areas.close()


async def got(answer: Answer, area: FileArea, **request: int) -> tuple[HttpResponse, bytes]:
    """Return the answer, and what went into the file."""
    http = HttpClient(Guard(AllowedNetworks.parse("127.0.0.0/8")))
    file = await area.create()
    try:
        async with local_server(answer) as server:
            asked = HttpRequest("GET", server.url, sink=file, **request)  # type: ignore[arg-type]  # passed on as given
            response = await http.send(asked)
    finally:
        await file.close()
        await http.close()
    return response, await area.read(file.path)


async def test_an_answer_goes_into_the_file_and_not_into_memory(area: FileArea) -> None:
    response, content = await got(lambda _: http_answer(200, LARGE), area)
    assert (response.status, response.body, content == LARGE) == (200, b"", True)


async def test_an_answer_is_asked_for_as_it_is_and_undone_if_it_is_not(area: FileArea) -> None:
    seen: list[str] = []

    def zipped(request: object) -> bytes:
        seen.append(request.headers["accept-encoding"])  # type: ignore[attr-defined]  # a `Seen`
        return http_answer(200, gzip.compress(LARGE), content_encoding="gzip")

    _, content = await got(zipped, area)
    assert (seen, content == LARGE) == (["identity"], True)


async def test_a_refusal_stays_out_of_the_file(area: FileArea) -> None:
    response, content = await got(lambda _: http_answer(404, b"no"), area)
    assert (response.body, content) == (b"no", b"")


def endless(_: object) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        + b"10000\r\n%b\r\n" % (b"x" * 65_536) * 100
    )


@pytest.mark.parametrize("answer", [lambda _: http_answer(200, LARGE), endless])
async def test_a_file_that_is_larger_than_asked_for_is_refused(
    answer: Answer, area: FileArea
) -> None:
    with pytest.raises(ByteLimitError, match="1000000 "):
        await got(answer, area, max_bytes=1_000_000)


async def test_a_file_that_the_execution_may_not_keep_is_refused(area: FileArea) -> None:
    with pytest.raises(ByteLimitError, match="ALUR_FILES_MAX_MIB"):
        await got(endless, area)


@pytest.mark.parametrize(
    "answers", [[HttpResponse(200, {}, b"abc", "https://x.test/a")], [Permanent("refused")]]
)
async def test_a_node_leaves_no_file_behind(answers: list[HttpResponse | AlurError]) -> None:
    context = FakeContext({"main": items_of([{}])})
    context.http.answers = answers  # type: ignore[attr-defined]  # a `FakeHttp`
    params = {"url": "https://x.test/a", "response": "binary"}
    try:
        made = await run_node(node_class("http.request"), params, context)
    except Permanent:
        assert context.blobs == {}
    else:
        assert isinstance(made, dict)
        assert made["main"][0].binary == {
            "data": {
                "blob": "blob-0",
                "size": 3,
                "mediaType": "application/octet-stream",
                "fileName": "a",
            }
        }
    assert await context.files.names() == []
