from __future__ import annotations

from alur_common.documents.memory import MemoryDocuments
from alur_common.executions import Execution, StoredExecutions, Workers
from alur_common.security.rights import Caller
from alur_engine.validation import Bounds
from alur_registry.domain.workflow_documents import shown_workflow
from alur_registry.service import Registry
from tests.unit.registry.world import CallerOf, Doc


async def shown(registry: Registry, owner: Caller, document: Doc) -> Doc:
    record, _ = await registry.save(owner, "default", document)
    return await registry.shown(record)


def condition(shown: Doc, kind: str) -> Doc:
    found: Doc = next(c for c in shown["status"]["conditions"] if c["type"] == kind)
    return found


async def test_a_workflow_shows_its_webhook_address(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    record, _ = await registry.save(owner, "default", document)
    trigger = (await registry.shown(record))["status"]["triggers"][0]
    assert trigger["url"] == f"http://alur.test/hooks/{record.hook_id}/orders"
    assert trigger["active"]


async def test_the_address_follows_the_port(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    registry.set_public_url("http://127.0.0.1:9/")
    trigger = (await shown(registry, owner, document))["status"]["triggers"][0]
    assert trigger["url"].startswith("http://127.0.0.1:9/hooks/")


async def test_who_may_not_start_it_does_not_see_the_address(
    registry: Registry, owner: Caller, document: Doc, caller_of: CallerOf
) -> None:
    record, _ = await registry.save(owner, "default", document)
    viewer, operator = await caller_of("viewer"), await caller_of("operator")
    assert "url" not in (await registry.shown(record, viewer))["status"]["triggers"][0]
    assert "url" in (await registry.shown(record, operator))["status"]["triggers"][0]


async def test_a_suspended_workflow_rests(registry: Registry, owner: Caller, document: Doc) -> None:
    document["spec"]["suspend"] = True
    answer = await shown(registry, owner, document)
    assert not answer["status"]["triggers"][0]["active"]
    assert condition(answer, "Suspended")["status"] == "True"


async def test_a_missing_credential_is_named_until_it_is_set(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    document["spec"]["triggers"][0]["credentials"] = {"auth": "github"}
    answer = await shown(registry, owner, document)
    assert condition(answer, "CredentialsFound")["status"] == "False"
    assert "github" in condition(answer, "CredentialsFound")["message"]
    await registry.set_credential(owner, "default", "github", "hmac", {"secret": "s"})
    answer = await shown(registry, owner, document)
    assert condition(answer, "CredentialsFound")["status"] == "True"


async def test_it_shows_who_and_when(registry: Registry, owner: Caller, document: Doc) -> None:
    metadata = (await shown(registry, owner, document))["metadata"]
    assert metadata["createdAt"] == metadata["updatedAt"] == "2027-01-15T08:00:00.000Z"
    assert metadata["namespace"] == "default"


async def test_it_shows_its_last_execution(
    registry: Registry, owner: Caller, document: Doc, documents: MemoryDocuments
) -> None:
    record, _ = await registry.save(owner, "default", document)
    execution = Execution(
        id="e-1",
        tenant=owner.tenant,
        project="default",
        workflow="orders",
        workflow_uid=record.uid,
        version=1,
        mode="manual",
        accepted_at=1_800_000_000.0,
        status="running",
    )
    await StoredExecutions(documents).accept(execution)
    last = (await registry.shown(record))["status"]["lastExecution"]
    assert (last["id"], last["status"]) == ("e-1", "running")
    await registry.delete_workflow(owner, "default", "orders")
    assert (await shown(registry, owner, document))["status"]["lastExecution"] is None


async def test_what_is_named_and_not_there_is_told_until_it_is(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    document["spec"]["settings"] = {"errorWorkflow": "oopsie"}
    fields = {"fields": {"a": "{{ $vars.RATE }}"}}
    document["spec"]["nodes"].append({"name": "rate", "type": "core.set", "params": fields})
    for name, called in (("other", "absent"), ("some", "{{ $json.name }}")):
        node = {"name": name, "type": "core.workflow", "params": {"workflow": called}}
        document["spec"]["nodes"].append(node)
    record, _ = await registry.save(owner, "default", document)
    told = condition(await registry.shown(record), "ReferencesFound")
    assert told["status"] == "False"
    assert [n for n in ("oopsie", "RATE", "absent", "$json") if n not in told["message"]] == [
        "$json"
    ]
    await registry.set_variable(owner, "default", "RATE", 2)
    for name in ("oopsie", "absent"):
        await registry.save(owner, "default", {**document, "metadata": {"name": name}})
    assert condition(await registry.shown(record), "ReferencesFound")["status"] == "True"


async def test_a_node_that_nothing_leads_to_is_told(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    document["spec"]["nodes"].append({"name": "alone", "type": "core.noop"})
    told = condition(await shown(registry, owner, document), "Plausible")
    assert (told["status"], "'alone'" in told["message"]) == ("False", True)


async def test_what_is_risky_is_told_with_its_path(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    answer = await shown(registry, owner, document)
    told = condition(answer, "Safe")
    assert (told["status"], "spec.triggers[0].params.auth" in told["message"]) == ("False", True)
    assert [w["code"] for w in answer["status"]["warnings"]] == ["open-webhook"]
    document["spec"]["triggers"][0]["disabled"] = True
    answer = await shown(registry, owner, document)
    assert condition(answer, "Safe")["status"] == "True"
    assert answer["status"]["warnings"] == []


async def test_what_nodes_may_reach_here_makes_an_open_address_risky(
    owner: Caller, registry: Registry, document: Doc
) -> None:
    params = {"url": "{{ $json.url }}"}
    document["spec"]["nodes"] = [{"name": "call", "type": "http.request", "params": params}]
    document["spec"]["edges"] = []
    record, _ = await registry.save(owner, "default", document)
    shown_here = shown_workflow(record, public_url=None, bounds=Bounds(wide=["10.0.0.0/8"]))
    codes = [w["code"] for w in shown_here["status"]["warnings"]]
    assert "wide-outbound" in codes
    assert "wide-outbound" not in [
        w["code"] for w in (await registry.shown(record))["status"]["warnings"]
    ]


async def test_a_pool_that_no_executor_serves_now_is_named(
    registry: Registry, owner: Caller, document: Doc, documents: MemoryDocuments
) -> None:
    nodes = document["spec"]["nodes"]
    nodes[0]["pool"] = "gpu"
    nodes.append({"name": "rest", "type": "core.noop", "pool": "browser", "disabled": True})
    workers = Workers(documents)
    await workers.renew("a", 3.0, 0.0)
    record, _ = await registry.save(owner, "default", document)
    told = condition(await registry.shown(record), "PoolsServed")
    assert (told["status"], told["message"].rpartition(": ")[2]) == ("False", "gpu")
    for pools in (("gpu",), ("*",)):
        await workers.renew("b", 3.0, 0.0, "", pools)
        kinds = {c["type"] for c in (await registry.shown(record))["status"]["conditions"]}
        assert "PoolsServed" not in kinds
