"""What the gateway needs from whoever keeps credentials and variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from alur_common.security.records import Credential, Page, UseLimits, Variable
from alur_common.security.rights import Caller


class Secrets(Protocol):
    """The part of the registry that keeps credentials and variables."""

    def credential_types(self) -> list[dict[str, Any]]:
        """Return the types with the JSON Schema of their fields."""

    async def set_credential(
        self,
        caller: Caller,
        project: str,
        name: str,
        type: str,  # noqa: A002  # the word of the contract
        fields: Mapping[str, object],
        *,
        domains: Sequence[str] | None = None,
        node_types: Sequence[str] | None = None,
        if_match: int | None = None,
    ) -> Credential:
        """Keep a credential, sealed; limits of its use that are not given stay as they are."""

    async def limit_credential(
        self, caller: Caller, project: str, name: str, limits: UseLimits, if_match: int | None
    ) -> Credential:
        """Change the limits of its use alone."""

    async def get_credential(self, caller: Caller, project: str, name: str) -> Credential:
        """Return what may be seen of it."""

    async def list_credentials(
        self, caller: Caller, project: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Credential]:
        """Return a page by name."""

    async def delete_credential(
        self, caller: Caller, project: str, name: str, *, if_match: int | None = None
    ) -> None:
        """Delete it."""

    async def set_variable(
        self, caller: Caller, project: str, name: str, value: object, if_match: int | None = None
    ) -> Variable:
        """Keep a variable."""

    async def get_variable(self, caller: Caller, project: str, name: str) -> Variable:
        """Return one, or raise `NotFoundError`."""

    async def list_variables(
        self, caller: Caller, project: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Variable]:
        """Return a page by name."""

    async def delete_variable(
        self, caller: Caller, project: str, name: str, *, if_match: int | None = None
    ) -> None:
        """Delete it."""
