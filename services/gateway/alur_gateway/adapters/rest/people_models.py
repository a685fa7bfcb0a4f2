"""What REST carries about people, tokens, projects, credentials and variables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from alur_gateway.adapters.rest.models import Role, Shown, Wire


class SignIn(Wire):
    """The one-time token of a sign-in link."""

    token: str = Field(min_length=1, max_length=512)


class Me(Shown):
    """Who asks. `may` is all that they may do in their projects, as `workflows:write`."""

    id: str
    name: str
    role: Role
    tenant: str
    kind: str
    scopes: list[str]
    may: list[str]
    projects: list[str]


class NewTokenBody(Wire):
    """A token to make. It never may more than who makes it."""

    name: str = Field(min_length=1, max_length=200)
    role: Role | None = None
    scopes: list[str] = Field(default=["*"], max_length=100)
    projects: list[str] | None = Field(default=None, max_length=1_000)
    expires_in_seconds: float | None = None


class TokenInfo(Shown):
    """A token without its secret."""

    id: str
    name: str
    user: str
    role: Role
    scopes: list[str]
    projects: list[str] | None
    created_at: datetime
    expires_at: datetime | None


class MadeToken(TokenInfo):
    """A token just made: the only time that its secret is shown."""

    token: str


class TokenList(Shown):
    """A page of tokens, the oldest first."""

    items: list[TokenInfo]
    next_cursor: str | None


class NewProducerBody(Wire):
    """A producer of events to make a key for."""

    name: str = Field(min_length=1, max_length=200)


class ProducerInfo(Shown):
    """Who outside may send events; `id` and `tenant` are what those name in `ce_alurkey` and `ce_alurtenant`."""

    id: str
    name: str
    tenant: str
    user: str
    created_at: datetime


class MadeProducer(ProducerInfo):
    """A producer just made: the only time that the secret is shown by which it signs."""

    secret: str


class ProducerList(Shown):
    """A page of producers, the oldest first."""

    items: list[ProducerInfo]
    next_cursor: str | None


class ProjectBody(Wire):
    """A project to make."""

    name: str = Field(min_length=1, max_length=63)
    title: str = Field(default="", max_length=200)


class ProjectInfo(Shown):
    """A project."""

    name: str
    title: str
    created_at: datetime


class ProjectList(Shown):
    """A page of projects within reach, by name."""

    items: list[ProjectInfo]
    next_cursor: str | None


class NewMember(Wire):
    """A person to add."""

    name: str = Field(min_length=1, max_length=200)
    email: str = Field(default="", max_length=320)
    role: Role = "viewer"
    projects: list[str] | None = None


class MemberChange(Wire):
    """What to change of a person; what is absent stays."""

    role: Role | None = None
    name: str | None = Field(default=None, max_length=200)
    projects: list[str] | None = None


class MemberInfo(Shown):
    """A person."""

    id: str
    name: str
    email: str
    role: Role
    projects: list[str] | None
    created_at: datetime


class InvitedMember(MemberInfo):
    """A person just added, and the one-time token by which they sign in."""

    sign_in_token: str


class MemberList(Shown):
    """A page of people."""

    items: list[MemberInfo]
    next_cursor: str | None


class CredentialBody(Wire):
    """A credential to keep; it is sealed and never shown again."""

    type: str = Field(min_length=1, max_length=64)
    fields: dict[str, Any]
    allowed_domains: list[str] | None = Field(
        default=None,
        max_length=100,
        description="The hosts it may be sent to, `*.example.com` for all below; `[]`: any. Absent: as before.",
    )
    allowed_node_types: list[str] | None = Field(
        default=None,
        max_length=100,
        description="The types of nodes and triggers that may use it; `[]`: any. Absent: as before.",
    )
    name: str | None = None
    project: str | None = None


class NewCredential(CredentialBody):
    """A credential that is not there yet."""

    name: str = Field(max_length=63)


class CredentialPatch(Wire):
    """Other limits for the use of a credential. To widen them takes `credentials:share`."""

    allowed_domains: list[str] | None = Field(
        default=None,
        max_length=100,
        description="The hosts it may be sent to, `*.example.com` for all below; `[]`: any. Absent: as before.",
    )
    allowed_node_types: list[str] | None = Field(
        default=None,
        max_length=100,
        description="The types of nodes and triggers that may use it; `[]`: any. Absent: as before.",
    )


class CredentialInfo(Shown):
    """What may be seen of a credential."""

    name: str
    project: str
    uid: str
    type: str
    version: int
    fields: list[str]
    allowed_domains: list[str]
    allowed_node_types: list[str]
    created_at: datetime
    updated_at: datetime


class CredentialPage(Shown):
    """A page of credentials."""

    items: list[CredentialInfo]
    next_cursor: str | None


class CredentialTypes(Shown):
    """A page of the types of credentials, with the JSON Schema of their fields."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class VariableBody(Wire):
    """A variable's value."""

    value: Any


class NewVariable(VariableBody):
    """A variable that is not there yet."""

    name: str = Field(max_length=64)


class VariableInfo(Shown):
    """A variable."""

    name: str
    value: Any
    updated_at: datetime


class VariableList(Shown):
    """A page of a project's variables, by name."""

    items: list[VariableInfo]
    next_cursor: str | None


class AuditPage(Shown):
    """A page of the audit log, the newest first."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class AuditCheck(Shown):
    """Whether the chain of the audit log holds."""

    valid: bool
    rows: int
    first_bad: int | None
