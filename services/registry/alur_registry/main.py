"""Builds the registry from its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from alur_common.bus import Bus
from alur_common.catalogue import load_catalogue
from alur_common.clock import Clock, Ids
from alur_common.documents.port import Documents
from alur_common.executions import StoredExecutions
from alur_common.security.keys import load_keys
from alur_common.security.sealing import Sealer
from alur_common.security.sessions import AccessTokens
from alur_engine.catalogue import Catalogue
from alur_engine.validation import validate_document
from alur_registry.adapters.outlook import NextDue, StoredOutlook
from alur_registry.adapters.stored import stored
from alur_registry.ports import Validate
from alur_registry.service import Parts, Registry
from alur_registry.settings import Settings


def build(
    documents: Documents,
    bus: Bus,
    clock: Clock,
    ids: Ids,
    settings: Settings,
    *,
    catalogue: Mapping[str, Any] | None = None,
    validate: Validate | None = None,
    next_due: NextDue | None = None,
) -> Registry:
    """Return a registry on these documents; `start` it before use.

    Keys come from the settings or from `keys/` in the data folder, where they are made at the first time.
    Raises `StateError` when a key is malformed or others can read it.
    """
    known = catalogue if catalogue is not None else load_catalogue()
    keys = settings.data / "keys"
    return Registry(
        Parts(
            store=stored(documents),
            bus=bus,
            clock=clock,
            ids=ids,
            validate=validate or validator(known),
            catalogue=known,
            sealer=Sealer(load_keys(keys / "master", _given(settings.master_key))),
            access=AccessTokens(
                load_keys(keys / "session", _given(settings.session_key))[0], clock
            ),
            outlook=StoredOutlook(StoredExecutions(documents), next_due),
            public_url=settings.public_url,
            fresh_seconds=settings.fresh_seconds if settings.is_shared else None,
        )
    )


def validator(catalogue: Mapping[str, Any]) -> Validate:
    """Return the engine's validation against this catalogue."""
    types = Catalogue.from_json(catalogue)
    return lambda raw: validate_document(raw, types)


def _given(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
