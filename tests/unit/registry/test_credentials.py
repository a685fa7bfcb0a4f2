from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.security.records import UseLimits
from alur_common.security.rights import Caller
from alur_engine.validation import WEBHOOK_PROOFS
from alur_registry.adapters.stored import CREDENTIALS
from alur_registry.service import Registry
from alur_sdk.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.unit.registry.world import Doc

SECRETS: list[tuple[str, Doc, str, Doc]] = [
    ("bearer", {"token": "t0p"}, "bearer", {"token": "t0p"}),
    ("hmac", {"secret": "t0p"}, "hmac", {"secret": "t0p"}),
    ("basic", {"username": "ani", "password": ""}, "basic", {"username": "ani"}),
    (
        "jwt",
        {"secret": "t0p", "algorithm": "HS256"},
        "jwt",
        {"secret": "t0p", "algorithm": "HS256"},
    ),
    (
        "api-key",
        {"name": "X-Key", "in": "header", "value": "t0p"},
        "api-key",
        {"header": "X-Key", "key": "t0p", "value": "t0p"},
    ),
    (
        "api-key",
        {"name": "key", "in": "query", "key": "t0p"},
        "api-key",
        {"query": "key", "key": "t0p", "value": "t0p"},
    ),
    (
        "header",
        {"name": "X-Key", "value": "t0p"},
        "api-key",
        {"header": "X-Key", "key": "t0p", "value": "t0p"},
    ),
]


@pytest.mark.parametrize(("given", "fields", "kept", "opened"), SECRETS)
async def test_what_is_sealed_opens_again(
    *, registry: Registry, owner: Caller, given: str, fields: Doc, kept: str, opened: Doc
) -> None:
    await registry.set_credential(owner, "default", "c", given, fields)
    secret = await registry.unseal(owner.tenant, "default", "c")
    assert (secret.type, dict(secret.fields)) == (kept, opened)


async def test_no_answer_and_no_document_holds_the_secret(
    registry: Registry, owner: Caller, documents: MemoryDocuments
) -> None:
    made = await registry.set_credential(owner, "default", "c", "bearer", {"token": "canary"})
    listed = await registry.list_credentials(owner, "default")
    audit = await registry.list_audit(owner)
    secret = await registry.unseal(owner.tenant, "default", "c")
    texts = [made.shown(), listed, audit, await documents.find(CREDENTIALS), secret]
    assert "canary" not in repr(texts)


@pytest.mark.parametrize(
    ("kind", "fields", "path"),
    [
        ("password", {}, "type"),
        ("bearer", {}, "fields.token"),
        ("bearer", {"token": ""}, "fields.token"),
        ("bearer", {"token": "canary", "user": "x"}, "fields.user"),
        ("bearer", {"token": 7}, "fields.token"),
        ("bearer", {"token": "x" * 70_000}, "fields.token"),
        ("basic", {"username": "a:b"}, "fields.username"),
        ("hmac", {"secret": "canary", "algorithm": "md5"}, "fields.algorithm"),
        ("api-key", {"key": "canary", "header": "bad header"}, "fields.header"),
        ("api-key", {"key": "canary", "header": "a", "query": "b"}, "fields.query"),
        ("api-key", {"value": "canary", "name": "a", "in": "cookie"}, "fields.in"),
        ("jwt", {"algorithm": "HS256"}, "fields.secret"),
    ],
)
async def test_wrong_fields_are_refused_without_repeating_them(
    registry: Registry, owner: Caller, kind: str, fields: Doc, path: str
) -> None:
    with pytest.raises(InvalidError) as raised:
        await registry.set_credential(owner, "default", "c", kind, fields)
    assert path in {problem.path for problem in raised.value.problems}
    assert "canary" not in repr((raised.value.problems, str(raised.value)))


async def test_a_new_secret_counts_from_the_next_use(registry: Registry, owner: Caller) -> None:
    for version in (1, 2):
        made = await registry.set_credential(
            owner, "default", "c", "bearer", {"token": f"t{version}"}
        )
        assert made.version == version
        secret = await registry.unseal(owner.tenant, "default", "c")
        assert secret.fields["token"] == f"t{version}"


async def test_a_stale_writer_of_a_credential_is_refused(registry: Registry, owner: Caller) -> None:
    made = await registry.set_credential(owner, "default", "c", "bearer", {"token": "1"})
    again = {"token": "2"}
    await registry.set_credential(owner, "default", "c", "bearer", again, if_match=made.revision)
    with pytest.raises(ConflictError):
        await registry.set_credential(
            owner, "default", "c", "bearer", again, if_match=made.revision
        )


async def test_a_credential_is_deleted_only_as_it_was_seen(
    registry: Registry, owner: Caller
) -> None:
    made = await registry.set_credential(owner, "default", "c", "bearer", {"token": "1"})
    kept = await registry.set_credential(owner, "default", "c", "bearer", {"token": "2"})
    with pytest.raises(ConflictError, match="the credential c changed meanwhile"):
        await registry.delete_credential(owner, "default", "c", if_match=made.revision)
    secret = await registry.unseal(owner.tenant, "default", "c")
    assert "2" in secret.fields.values()
    await registry.delete_credential(owner, "default", "c", if_match=kept.revision)
    with pytest.raises(NotFoundError):
        await registry.get_credential(owner, "default", "c")


async def test_a_deleted_credential_is_gone(registry: Registry, owner: Caller) -> None:
    await registry.set_credential(owner, "default", "c", "bearer", {"token": "1"})
    await registry.unseal(owner.tenant, "default", "c")
    await registry.delete_credential(owner, "default", "c")
    for gone in (
        registry.unseal(owner.tenant, "default", "c"),
        registry.get_credential(owner, "default", "c"),
        registry.delete_credential(owner, "default", "c"),
    ):
        with pytest.raises(NotFoundError):
            await gone


async def test_domains_are_kept_with_it(registry: Registry, owner: Caller) -> None:
    await registry.set_credential(
        owner, "default", "c", "bearer", {"token": "1"}, domains=["API.example.com", "*.b.com"]
    )
    secret = await registry.unseal(owner.tenant, "default", "c")
    assert secret.domains == ("api.example.com", "*.b.com")
    with pytest.raises(InvalidError):
        await registry.set_credential(
            owner, "default", "c", "bearer", {"token": "1"}, domains=["https://x"]
        )


async def test_limits_stay_when_a_secret_is_replaced_without_them(
    registry: Registry, owner: Caller
) -> None:
    async def set_to(**limits: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        made = await registry.set_credential(
            owner, "default", "c", "bearer", {"token": "1"}, **limits
        )
        return made.domains, made.node_types

    limits = {"domains": ["a.example"], "node_types": ["http.request"]}
    assert await set_to(**limits) == (("a.example",), ("http.request",))
    assert await set_to() == (("a.example",), ("http.request",))
    assert await set_to(domains=["*"]) == ((), ("http.request",))
    assert await set_to(domains=["b.example"], node_types=[]) == (("b.example",), ())


async def test_only_types_that_take_credentials_can_be_named(
    registry: Registry, owner: Caller
) -> None:
    with pytest.raises(InvalidError, match=r"allowedNodeTypes\[1\] .* http\.request, ") as refused:
        await registry.set_credential(
            owner, "default", "c", "bearer", {"token": "1"}, node_types=["http.request", "core.set"]
        )
    assert refused.value.problems[0].path == "allowedNodeTypes[1]"


async def test_brokers_are_among_the_hosts_of_their_credential(
    registry: Registry, owner: Caller
) -> None:
    fields = {"brokers": "a.kafka.example:9092, b.other.example:9092"}
    with pytest.raises(InvalidError, match=r"fields\.brokers: b\.other\.example"):
        await registry.set_credential(
            owner, "default", "k", "kafka", fields, domains=["*.kafka.example"]
        )


async def test_the_types_are_described_for_forms(registry: Registry) -> None:
    types = {kind["type"]: kind["schema"] for kind in registry.credential_types()}
    assert types["bearer"]["properties"]["token"]["writeOnly"]
    assert types["basic"]["required"] == ["username"]


FIELDS = {
    "api-key": {"key": "k"},
    "basic": {"username": "ann"},
    "bearer": {"token": "t"},
    "hmac": {"secret": "s"},
    "jwt": {"secret": "s"},
    "kafka": {"brokers": "kafka.example:9092"},
}


def guarded(auth: str, credential: str = "c") -> Doc:
    trigger = {
        "name": "in",
        "type": "trigger.webhook",
        "params": {"path": "in", "auth": {"type": auth}},
        "credentials": {"auth": credential},
    }
    spec = {"triggers": [trigger], "nodes": []}
    metadata = {"name": "guarded"}
    return {
        "apiVersion": "alur.dev/v1alpha1", "kind": "Workflow", "metadata": metadata, "spec": spec,
    }  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("auth", WEBHOOK_PROOFS)
async def test_a_webhook_is_saved_with_a_credential_of_its_kind_alone(
    registry: Registry, owner: Caller, auth: str, kind: str
) -> None:
    await registry.set_credential(owner, "default", "c", kind, FIELDS[kind])
    if kind in WEBHOOK_PROOFS[auth]:
        await registry.save(owner, "default", guarded(auth))
        return
    with pytest.raises(InvalidError) as refused:
        await registry.save(owner, "default", guarded(auth))
    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == ("spec.triggers[0].credentials.auth", "credential-type")
    assert f"is of type `{kind}`; a webhook with `auth` of type `{auth}`" in problem.message


async def test_a_credential_that_is_yet_to_be_set_stops_no_save(
    registry: Registry, owner: Caller
) -> None:
    record, _ = await registry.save(owner, "default", guarded("hmac", "later"))
    assert record.version == 1


async def test_a_node_is_saved_with_a_credential_that_its_slot_takes_alone(
    registry: Registry, owner: Caller
) -> None:
    await registry.set_credential(owner, "default", "c", "kafka", FIELDS["kafka"])
    document = guarded("hmac", "later")
    request = {"name": "ask", "type": "http.request", "params": {"url": "https://shop.example"}}
    document["spec"]["nodes"] = [{**request, "credentials": {"auth": "c"}}]
    with pytest.raises(InvalidError, match=r"`http.request` takes api-key, basic, bearer or hmac"):
        await registry.save(owner, "default", document)


def asking(url: str, **step: Doc) -> Doc:
    document = guarded("hmac", "later")
    request = {"name": "ask", "type": "http.request", "params": {"url": url}}
    document["spec"]["nodes"] = [{**request, "credentials": {"auth": "c"}, **step}]
    return document


@pytest.mark.parametrize(
    ("url", "is_saved"),
    [
        ("https://api.shop.example/orders", True),
        ("https://api.shop.example:8443/{{ $json.path }}", True),
        ("https://API.shop.example?x={{ $json.x }}", True),
        ("{{ $json.url }}", True),
        ("https://{{ $json.host }}/", True),
        ("https://api.shop.example{{ $json.rest }}", True),
        ("https://evil.example/orders", False),
        ("https://evil.example/{{ $json.path }}", False),
        ("https://api.shop.example.evil.example/", False),
        ("https://api.shop.example@evil.example/", False),
    ],
)
async def test_an_address_that_is_seen_at_save_is_one_that_the_credential_may_go_to(
    *, registry: Registry, owner: Caller, url: str, is_saved: bool
) -> None:
    await registry.set_credential(
        owner, "default", "c", "bearer", {"token": "1"}, domains=["*.shop.example"]
    )
    if is_saved:
        await registry.save(owner, "default", asking(url))
        return
    with pytest.raises(InvalidError) as refused:
        await registry.save(owner, "default", asking(url))
    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == ("spec.nodes[0].params.url", "credential-host")
    assert "the credential c may be sent to *.shop.example only, not to " in problem.message
    assert "allowedDomains" in problem.message


async def test_a_credential_is_named_by_nodes_of_its_types_alone(
    registry: Registry, owner: Caller
) -> None:
    await registry.set_credential(
        owner, "default", "c", "bearer", {"token": "1"}, node_types=["trigger.webhook"]
    )
    await registry.save(owner, "default", guarded("header"))
    with pytest.raises(InvalidError) as refused:
        await registry.save(owner, "default", asking("https://shop.example/"))
    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == ("spec.nodes[0].credentials.auth", "credential-use")
    assert "by trigger.webhook only, not by `http.request`" in problem.message


async def limited(registry: Registry, owner: Caller) -> Caller:
    """Keep a credential with limits, and return an editor, who may not share it."""
    await registry.set_credential(
        owner,
        "default",
        "c",
        "bearer",
        {"token": "t0p"},
        domains=["*.example.com", "a.test"],
        node_types=["http.request"],
    )
    return replace(owner, role="editor")


async def test_limits_change_and_the_secret_stays(registry: Registry, owner: Caller) -> None:
    await limited(registry, owner)
    kept = await registry.limit_credential(owner, "default", "c", UseLimits(("b.test",), ()))
    assert (kept.domains, kept.node_types, kept.version) == (("b.test",), (), 1)
    secret = await registry.unseal(owner.tenant, "default", "c")
    assert (dict(secret.fields), secret.domains) == ({"token": "t0p"}, ("b.test",))
    last = (await registry.list_audit(owner)).items[0]
    assert (last.action, last.details["domains"]) == ("limit", ["b.test"])


@pytest.mark.parametrize(
    "limits",
    [
        UseLimits(domains=("a.test",)),
        UseLimits(domains=("x.example.com", "*.b.example.com")),
        UseLimits(),
    ],
)
async def test_who_may_write_a_credential_may_narrow_it(
    registry: Registry, owner: Caller, limits: UseLimits
) -> None:
    editor = await limited(registry, owner)
    kept = await registry.limit_credential(editor, "default", "c", limits)
    assert kept.domains == (limits.domains or ("*.example.com", "a.test"))


@pytest.mark.parametrize(
    "limits",
    [
        UseLimits(domains=()),
        UseLimits(domains=("a.test", "evil.test")),
        UseLimits(domains=("*.com",)),
        UseLimits(node_types=()),
        UseLimits(node_types=("http.request", "trigger.webhook")),
    ],
)
async def test_a_secret_that_one_need_not_know_goes_no_further_without_the_right_to_share(
    registry: Registry, owner: Caller, limits: UseLimits
) -> None:
    editor = await limited(registry, owner)
    with pytest.raises(ForbiddenError, match="credentials:share"):
        await registry.limit_credential(editor, "default", "c", limits)
    assert (await registry.get_credential(owner, "default", "c")).domains[-1] == "a.test"


async def test_limits_of_what_changed_meanwhile_are_refused(
    registry: Registry, owner: Caller
) -> None:
    await limited(registry, owner)
    with pytest.raises(ConflictError):
        await registry.limit_credential(owner, "default", "c", UseLimits(()), if_match=99)


async def test_limits_that_shut_out_the_brokers_are_refused(
    registry: Registry, owner: Caller
) -> None:
    await registry.set_credential(owner, "default", "k", "kafka", {"brokers": "k.test:9092"})
    with pytest.raises(InvalidError, match=r"k\.test"):
        await registry.limit_credential(owner, "default", "k", UseLimits(("other.test",)))
