"""What was saved is what is exported, and saving that again changes nothing: for every valid document of the tests."""

from __future__ import annotations

import pytest

from alur_common.security.rights import Caller
from alur_engine.reading import read_documents, write_yaml
from alur_engine.validation.document_check import without_server_owned
from alur_registry.service import Registry
from tests.support.corpus import corpus
from tests.unit.registry.world import Doc

CORPUS = corpus()


@pytest.mark.parametrize("document", CORPUS.values(), ids=CORPUS.keys())
async def test_a_document_survives_save_export_and_save(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    record, _ = await registry.save(owner, "default", document)
    exported = write_yaml(without_server_owned(await registry.shown(record)))
    (read,) = read_documents(exported)
    assert isinstance(read, dict)
    metadata = {**document["metadata"], "namespace": "default"}
    assert (read["metadata"], read["spec"]) == (metadata, document["spec"])
    again, created = await registry.save(owner, "default", read)
    assert (created, again) == (False, record)


def test_the_corpus_has_every_kind_of_part() -> None:
    specs = [document["spec"] for document in CORPUS.values()]
    assert len(specs) > 50
    parts = {part for spec in specs for part in spec}
    assert {"triggers", "nodes", "edges", "settings", "title", "suspend"} <= parts
    assert len({node["type"] for spec in specs for node in spec.get("nodes", ())}) > 15
