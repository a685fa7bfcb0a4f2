"""Security checklist, section 3: the guard at the socket, through the real client."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from alur_common.outbound import AllowedNetworks, Guard, RefusedError
from alur_common.telemetry.tracing import Kind
from alur_executor.adapters.http_client import HttpClient
from alur_nodes.registry import node_class
from alur_sdk import HttpRequest, LimitError, Permanent, Retryable
from alur_sdk.errors import AlurError
from alur_sdk.testing import FakeContext, items_of, run_node
from tests.support.http_server import Seen, http_answer, local_server
from tests.support.recorded import Kept, recording

LOOPBACK = "127.0.0.0/8"
Clients = Callable[..., AbstractAsyncContextManager[HttpClient]]


@asynccontextmanager
async def client(allow: str = LOOPBACK, answers: Sequence[str] = ()) -> AsyncIterator[HttpClient]:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return answers

    made = HttpClient(Guard(AllowedNetworks.parse(allow), resolver))
    try:
        yield made
    finally:
        await made.close()


def ok(seen: Seen) -> bytes:
    return http_answer(200, b'{"ok":true}', content_type="application/json")


async def refused(url: str, **how: object) -> AlurError:
    """Return the error of a request that must not get an answer."""
    async with client(**how) as http:  # type: ignore[arg-type]  # passed on as given
        with pytest.raises(AlurError) as raised:
            await http.send(HttpRequest("GET", url, timeout_seconds=5))
    return raised.value


async def test_33_a_private_literal_is_refused_without_a_connection() -> None:
    async with local_server(ok) as server:
        error = await refused(server.url, allow="")
        assert isinstance(error, RefusedError)
        assert server.connections == 0


async def test_33_a_name_that_leads_inside_is_refused_without_a_connection() -> None:
    async with local_server(ok) as server:
        url = f"http://inside.example:{server.port}/"
        error = await refused(url, allow="", answers=["127.0.0.1"])
        assert isinstance(error, RefusedError)
        assert server.connections == 0


async def test_33_one_bad_answer_of_several_refuses_all() -> None:
    async with local_server(ok) as server:
        url = f"http://both.example:{server.port}/"
        error = await refused(url, answers=["127.0.0.1", "10.0.0.1"])
        assert isinstance(error, RefusedError)
        assert server.connections == 0


async def test_33_a_name_that_changes_its_answer_is_connected_to_where_it_was_checked() -> None:
    turns = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])

    async def rebinding(host: str, port: int) -> list[str]:
        return next(turns)

    async with local_server(ok) as server:
        http = HttpClient(Guard(AllowedNetworks.parse(LOOPBACK), rebinding))
        answer = await http.send(HttpRequest("GET", f"http://rebind.example:{server.port}/"))
        await http.close()
    assert answer.status == 200
    assert server.seen[0].headers["host"] == f"rebind.example:{server.port}"


async def test_33_the_socket_is_checked_even_when_the_resolver_is_not() -> None:
    guard = Guard()
    async with local_server(ok) as server:
        http = HttpClient(guard)
        guard.check_url = lambda url: Guard(AllowedNetworks.parse(LOOPBACK)).check_url(url)  # type: ignore[method-assign]  # the first check is made to fail
        with pytest.raises(RefusedError):
            await http.send(HttpRequest("GET", server.url))
        await http.close()
        assert server.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "//[::ffff:10.0.0.1]/",
        "http://2130706433/", "file:///etc/passwd", "gopher://example.com/", "http://a@b.example/",
        "http://metadata.google.internal/", "http://example.com:22/", "http:\\\\10.0.0.1\\",
    ],
)  # fmt: skip
async def test_33_a_redirect_is_checked_as_the_first_address_was(location: str) -> None:
    async with local_server(lambda _: http_answer(302, location=location)) as server:
        assert isinstance(await refused(server.url), RefusedError)


async def test_33_the_second_redirect_is_checked_too() -> None:
    def answer(seen: Seen) -> bytes:
        there = "http://10.0.0.1/" if seen.target == "/second" else "/second"
        return http_answer(307, location=there)

    async with local_server(answer) as server:
        assert isinstance(await refused(server.url), RefusedError)
        assert [seen.target for seen in server.seen] == ["/", "/second"]


SECRET = {
    "Authorization": "Bearer s",
    "X-API-Key": "s",
    "Cookie": "s=s",
    "Accept": "text/plain",
    "Idempotency-Key": "k",
}


async def test_25_a_redirect_to_another_origin_loses_what_may_be_secret() -> None:
    async with local_server(ok) as other:
        there = f"{other.url}/there"
        async with (
            local_server(lambda _: http_answer(307, location=there)) as server,
            client() as http,
        ):
            await http.send(HttpRequest("POST", server.url, SECRET, b"{}"))
        headers = other.seen[0].headers
    assert {"authorization", "x-api-key", "cookie"}.isdisjoint(headers)
    assert (headers["accept"], headers["idempotency-key"]) == ("text/plain", "k")


async def test_a_redirect_within_the_origin_keeps_the_headers() -> None:
    def answer(seen: Seen) -> bytes:
        return ok(seen) if seen.target == "/there" else http_answer(302, location="/there")

    async with local_server(answer) as server, client() as http:
        got = await http.send(HttpRequest("GET", server.url, SECRET))
    assert server.seen[1].headers["authorization"] == "Bearer s"
    assert got.url == f"{server.url}/there"


async def test_after_303_a_post_goes_on_as_get_without_a_body() -> None:
    def answer(seen: Seen) -> bytes:
        return ok(seen) if seen.target == "/there" else http_answer(303, location="/there")

    async with local_server(answer) as server, client() as http:
        await http.send(HttpRequest("POST", server.url, {"Content-Type": "text/plain"}, b"body"))
    second = server.seen[1]
    assert (second.method, second.body, "content-type" in second.headers) == ("GET", b"", False)


async def test_redirects_without_end_are_ended() -> None:
    async with local_server(lambda _: http_answer(302, location="/")) as server:
        assert "more than 5 redirects" in (await refused(server.url)).message


async def test_a_redirect_that_is_not_to_be_followed_is_an_answer() -> None:
    async with local_server(lambda _: http_answer(302, location="/x")) as server, client() as http:
        answer = await http.send(HttpRequest("GET", server.url, follow_redirects=0))
    assert (answer.status, answer.headers["location"]) == (302, "/x")


async def test_33_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with local_server(ok) as server, local_server(ok) as proxy, client() as http:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        await http.send(HttpRequest("GET", server.url))
        assert (server.connections, proxy.connections) == (1, 0)


async def test_passwords_of_the_users_netrc_are_not_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:  # noqa: ASYNC230, PTH123  # a test's own small file
        file.write("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    async with local_server(ok) as server, client() as http:
        await http.send(HttpRequest("GET", server.url))
    assert "authorization" not in server.seen[0].headers


async def test_cookies_are_not_kept() -> None:
    async with (
        local_server(lambda _: http_answer(200, set_cookie="a=b")) as server,
        client() as http,
    ):
        await http.send(HttpRequest("GET", server.url))
        await http.send(HttpRequest("GET", server.url))
    assert "cookie" not in server.seen[1].headers


@pytest.mark.parametrize(
    "headers", [{"X-A": "b\r\nX-C: d"}, {"X-A\r\nX-C": "d"}, {"X A": "b"}, {"X-A": "b\0"}]
)
async def test_35_a_header_cannot_smuggle_another(headers: dict[str, str]) -> None:
    async with local_server(ok) as server, client() as http:
        with pytest.raises(Permanent, match="header"):
            await http.send(HttpRequest("GET", server.url, headers))
        assert server.connections == 0


@pytest.mark.parametrize(
    "answer",
    [
        http_answer(200, b"x" * 2_000),
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2_000 + b"\r\n",
        http_answer(200, gzip.compress(b"x" * 20_000_000, mtime=0), content_encoding="gzip")[
            :100_000
        ],
        http_answer(
            200,
            zlib.compress(gzip.compress(bytes(9_999), mtime=0)),
            content_encoding="gzip, deflate",
        ),
    ],
    ids=["long", "announced", "chunked", "gzip bomb", "packed twice"],
)
async def test_19_an_answer_that_is_too_large_is_cut_off(answer: bytes) -> None:
    async with local_server(lambda _: answer) as server, client() as http:
        with pytest.raises(LimitError):
            await http.send(HttpRequest("GET", server.url, max_bytes=1_000, timeout_seconds=5))


async def test_19_a_bomb_that_fits_the_wire_is_not_unpacked() -> None:
    bomb = http_answer(200, gzip.compress(bytes(50_000_000), mtime=0), content_encoding="gzip")
    async with local_server(lambda _: bomb) as server, client() as http:
        with pytest.raises(LimitError, match="unpacks"):
            await http.send(HttpRequest("GET", server.url, max_bytes=1_000_000))


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress])
async def test_a_packed_answer_is_unpacked(packed: Callable[[bytes], bytes]) -> None:
    encoding = "gzip" if packed is gzip.compress else "deflate"
    answer = http_answer(200, packed(b"hello"), content_encoding=encoding)
    async with local_server(lambda _: answer) as server, client() as http:
        assert (await http.send(HttpRequest("GET", server.url))).body == b"hello"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("br", b"x"),
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"hello", mtime=0)[:-9]),
        ("a,b,c,d", b"x"),
    ],
)
async def test_an_answer_that_cannot_be_unpacked_is_refused(encoding: str, content: bytes) -> None:
    answer = http_answer(200, content, content_encoding=encoding)
    async with local_server(lambda _: answer) as server:
        assert isinstance(await refused(server.url), Permanent)


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    silent = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell"
    async with local_server(lambda _: silent) as server, client() as http:
        with pytest.raises(Retryable, match=r"within 0\.05 s"):
            await http.send(HttpRequest("GET", server.url, timeout_seconds=0.05))


async def test_a_closed_connection_is_tried_once_more_where_that_is_safe() -> None:
    answers = iter([b"", http_answer(200, b"there")])
    async with local_server(lambda _: next(answers)) as server, client() as http:
        answer = await http.send(HttpRequest("POST", server.url, {"Idempotency-Key": "k"}, b"{}"))
        assert (answer.body, server.connections) == (b"there", 2)


async def test_a_closed_connection_is_not_tried_again_without_a_key() -> None:
    async with local_server(lambda _: b"") as server, client() as http:
        with pytest.raises(Retryable, match="closed"):
            await http.send(HttpRequest("POST", server.url, {}, b"{}"))
        assert server.connections == 1


async def test_a_server_that_is_not_there_may_be_tried_again() -> None:
    async with local_server(ok) as server:
        url = server.url
    assert isinstance(await refused(url), Retryable)


async def test_a_connection_is_used_again() -> None:
    async with local_server(ok) as server, client() as http:
        for _ in range(5):
            await http.send(HttpRequest("POST", server.url, {}, b"{}"))
        assert server.connections == 1


async def test_33_the_node_goes_by_the_guard() -> None:
    node = node_class("http.request")
    async with local_server(ok) as server, client(allow="") as http:
        ctx = FakeContext({"main": items_of([{}])}, http=http)
        with pytest.raises(RefusedError, match="ALUR_OUTBOUND_ALLOW"):
            await run_node(node, {"url": server.url}, ctx)
        assert server.connections == 0


async def test_33_the_node_gets_its_answer_where_the_allow_list_names_the_server() -> None:
    node = node_class("http.request")
    async with local_server(ok) as server, client() as http:
        ctx = FakeContext({"main": items_of([{"id": 7}])}, http=http)
        params = {"method": "POST", "url": server.url, "body": {"id": 7}}
        assert await run_node(node, params, ctx) == {"main": items_of([{"ok": True}], sources=[0])}
    assert server.seen[0].headers["idempotency-key"] == "key-0-0"
    assert server.seen[0].body == b'{"id":7}'


async def test_a_request_names_the_trace_that_it_is_sent_in() -> None:
    tracer = recording(Kept())
    async with local_server(ok) as server, client() as http:
        await http.send(HttpRequest("GET", server.url, timeout_seconds=5))
        with tracer.begin("node", Kind.INTERNAL) as node:
            await http.send(HttpRequest("GET", server.url, timeout_seconds=5))
            own = HttpRequest("GET", server.url, headers={"Traceparent": "mine"}, timeout_seconds=5)
            await http.send(own)
    without, sent, given = (seen.headers.get("traceparent") for seen in server.seen)
    assert (without, given) == (None, "mine")
    assert str(sent).startswith(f"00-{node.point.trace_id}-")
