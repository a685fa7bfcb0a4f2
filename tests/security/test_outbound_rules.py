"""Security checklist, section 3: what the outbound guard refuses, without any network."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from alur_common.outbound import (
    AllowedNetworks,
    Guard,
    RefusedError,
    is_metadata,
    is_public,
    parse_target,
)
from alur_sdk import Retryable
from tests.support.outbound_vectors import REFUSED_ADDRESSES, REFUSED_URLS

PUBLIC_ADDRESSES = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "::ffff:8.8.8.8", "2606:4700:4700::1111"]


def guard(allow: str = "", answers: Sequence[str] = ("93.184.216.34",)) -> Guard:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return answers

    return Guard(AllowedNetworks.parse(allow), resolver)


@pytest.mark.parametrize("text", REFUSED_ADDRESSES)
def test_33_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC_ADDRESSES)
def test_33_a_public_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("url", REFUSED_URLS, ids=lambda url: ascii(url)[:60])
def test_34_such_an_address_of_a_request_is_refused(url: str) -> None:
    with pytest.raises(RefusedError):
        guard().check_url(url)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("HTTPS://Example.COM", "https://example.com/"),
        ("https://example.com:443/a?b=c#d", "https://example.com/a?b=c"),
        ("http://example.com.:8080?x=1", "http://example.com:8080/?x=1"),
        ("https://bücher.example/ä%20%2F", "https://xn--bcher-kva.example/%C3%A4%20%2F"),
        ("https://[2606:4700:4700::1111]:8443/", "https://[2606:4700:4700::1111]:8443/"),
        ("https://a_b.example.com/'\"<>", "https://a_b.example.com/'\"<>"),
    ],
)
def test_34_what_is_sent_is_written_from_what_was_checked(url: str, sent: str) -> None:
    assert guard().check_url(url).url == sent


def test_a_refusal_names_the_remedy() -> None:
    with pytest.raises(RefusedError, match="ALUR_OUTBOUND_ALLOW"):
        guard().check_url("http://10.1.2.3/")


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1", "93.184.216.34"], ["::ffff:10.0.0.1"]],
)
async def test_33_one_bad_answer_refuses_all(answers: list[str]) -> None:
    with pytest.raises(RefusedError, match=r"example\.com leads to"):
        await guard(answers=answers).resolve("example.com", 443)


async def test_33_a_refused_name_does_not_tell_its_inner_address() -> None:
    with pytest.raises(RefusedError) as refused:
        await guard(answers=["10.20.30.40"]).resolve("db.corp.example", 443)
    assert "10.20.30.40" not in str(refused.value)


async def test_good_answers_come_back_checked_and_in_order() -> None:
    found = await guard(answers=["93.184.216.34", "2606:4700:4700::1111"]).resolve("a.example", 443)
    assert [(each.address, each.port) for each in found] == [
        ("93.184.216.34", 443),
        ("2606:4700:4700::1111", 443),
    ]


async def test_33_a_name_is_resolved_once() -> None:
    asked = []

    async def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"]

    await Guard(resolver=resolver).resolve("Example.com.", 443)
    assert asked == ["example.com"]


@pytest.mark.parametrize("answers", [[], None])
async def test_a_name_that_is_not_found_may_be_tried_again(answers: list[str] | None) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        if answers is None:
            raise OSError("no such name")
        return answers

    with pytest.raises(Retryable, match=r"nowhere\.example"):
        await Guard(resolver=resolver).resolve("nowhere.example", 443)


@pytest.mark.parametrize("name", ["metadata.google.internal", "0x7f.1", "a b", "", "metadata."])
async def test_33_a_name_is_checked_again_before_it_is_resolved(name: str) -> None:
    with pytest.raises(RefusedError):
        await guard().resolve(name, 443)


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("10.0.0.0/8", "http://10.1.2.3/"),
        ("127.0.0.0/8", "http://127.0.0.1:9999/"),
        ("127.0.0.0/8", "http://[::1]:9999/"),
        ("127.0.0.1", "http://[::ffff:127.0.0.1]:9999/"),
        (" 10.0.0.0/8 , [fd00::/8]:8080,", "http://[fd12::1]:8080/"),
        ("fd00::/8", "https://[fd12::1]/"),
        ("192.168.7.4:25", "http://192.168.7.4:25/"),
        ("169.254.169.254", "http://169.254.169.254/"),
    ],
)
def test_33_the_allow_list_opens_what_it_names(allow: str, url: str) -> None:
    assert guard(allow).check_url(url).address is not None


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("10.0.0.0/8", "http://11.0.0.1:22/"),
        ("10.0.0.0/8", "http://127.0.0.1/"),
        ("10.0.0.0/8", "http://10.0.0.1:22/"),
        ("192.168.7.4:5432", "http://192.168.7.4:8080/"),
        ("169.254.0.0/16", "http://169.254.169.254/"),
        ("0.0.0.0/0", "http://169.254.169.254/"),
        ("::/0", "http://[fd00:ec2::254]/"),
        ("127.0.0.0/16", "http://[::1]:9999/"),
    ],
)
def test_33_the_allow_list_opens_nothing_else(allow: str, url: str) -> None:
    with pytest.raises(RefusedError):
        guard(allow).check_url(url)


@pytest.mark.parametrize(
    "text", ["10.0.0.0/99", "localhost", "10.0.0.1:0", "10.0.0.1:70000", "[::1", "a,b"]
)
def test_an_allow_list_that_cannot_be_read_names_the_entry(text: str) -> None:
    with pytest.raises(ValueError, match="is no network such as"):
        AllowedNetworks.parse(text)


def test_33_the_socket_has_the_last_word() -> None:
    with pytest.raises(RefusedError):
        guard().check_socket(("127.0.0.1", 443))
    guard().check_socket(("93.184.216.34", 443))


def test_33_a_metadata_address_is_known_in_every_form() -> None:
    assert is_metadata(ip_address("::ffff:169.254.169.254"))


def test_an_origin_is_scheme_host_and_port() -> None:
    assert parse_target("https://Example.com/a").origin == ("https", "example.com", 443)


@pytest.mark.parametrize("text", ["fd00::/8", "[fd00::/8]", "[fd00::/8]:443"])
def test_a_network_may_stand_in_brackets(text: str) -> None:
    assert AllowedNetworks.parse(text).holds(ip_address("fd00::1"), 443)
