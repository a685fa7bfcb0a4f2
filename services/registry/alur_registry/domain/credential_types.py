"""The types of credentials, as data: what each holds, and how its fields are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alur_engine.catalogue import Catalogue
from alur_sdk.errors import InvalidError, Problem
from alur_sdk.hosts import is_within

MAX_FIELD_BYTES = 64 * 1024
_MAX_DOMAIN = 253
_DOMAIN = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")


@dataclass(frozen=True, slots=True)
class FieldKind:
    """A field of a type. Secret ones are written and never read."""

    name: str
    description: str
    is_secret: bool = False
    is_required: bool = False
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema; the editor hides what is `writeOnly`."""
        schema: dict[str, Any] = {"type": "string", "description": self.description}
        if self.choices:
            schema["enum"] = list(self.choices)
        if self.is_required:
            schema["minLength"] = 1
        if self.is_secret:
            schema |= {"writeOnly": True, "format": "password"}
        return schema


@dataclass(frozen=True, slots=True)
class CredentialType:
    """A type: its fields, and other names under which people give them."""

    type: str
    label: str
    description: str
    fields: tuple[FieldKind, ...]
    aliases: Mapping[str, str]

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "type": self.type,
            "label": self.label,
            "description": self.description,
            "schema": {
                "type": "object",
                "properties": {field.name: field.schema() for field in self.fields},
                "required": [field.name for field in self.fields if field.is_required],
                "additionalProperties": False,
            },
        }


_HEADER = "The header that carries it, such as `X-API-Key`."
TYPES: tuple[CredentialType, ...] = (
    CredentialType(
        "api-key",
        "API key",
        "A key in a header or in the query.",
        (
            FieldKind("key", "The key itself.", is_secret=True, is_required=True),
            FieldKind("header", _HEADER),
            FieldKind("query", "The query parameter that carries it instead of a header."),
        ),
        {"value": "key"},
    ),
    CredentialType(
        "basic",
        "User name and password",
        "HTTP basic authentication (RFC 7617).",
        (
            FieldKind("username", "The user name, without a colon.", is_required=True),
            FieldKind("password", "The password.", is_secret=True),
        ),
        {"user": "username"},
    ),
    CredentialType(
        "bearer",
        "Bearer token",
        "A token in the header `Authorization` (RFC 6750).",
        (FieldKind("token", "The token, without `Bearer`.", is_secret=True, is_required=True),),
        {"value": "token"},
    ),
    CredentialType(
        "hmac",
        "HMAC secret",
        "A secret that signs bodies, as GitHub, Stripe and Slack do.",
        (
            FieldKind("secret", "The shared secret.", is_secret=True, is_required=True),
            FieldKind("algorithm", "The hash.", choices=("sha256", "sha384", "sha512", "sha1")),
            FieldKind("header", "The header that carries the signature."),
            FieldKind("prefix", "What stands before the signature, such as `sha256=`."),
            FieldKind("encoding", "How the signature is written.", choices=("hex", "base64")),
        ),
        {},
    ),
    CredentialType(
        "jwt",
        "JSON Web Token key",
        "What verifies a caller's JSON Web Tokens: a shared secret or a public key.",
        (
            FieldKind("secret", "The shared secret of the HS algorithms.", is_secret=True),
            FieldKind("publicKey", "The public key of the other algorithms, as PEM."),
            FieldKind(
                "algorithm",
                "The one algorithm that is accepted.",
                choices=("HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"),
            ),
        ),
        {},
    ),
    CredentialType(
        "kafka",
        "Kafka brokers",
        "Where a Kafka is, and how one signs in.",
        (
            FieldKind("brokers", "`host:port,…`, by which it is found.", is_required=True),
            FieldKind("username", "Who signs in by SASL; nobody, if it is absent."),
            FieldKind("password", "The user's password.", is_secret=True),
            FieldKind(
                "mechanism",
                "How the user signs in; `SCRAM-SHA-512`, if it is absent.",
                choices=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
            ),
            FieldKind("tls", "`on`, if it is absent.", choices=("on", "off")),
            FieldKind("ca", "Whose certificates are trusted, PEM; else the system's."),
            FieldKind("certificate", "A certificate of one's own, PEM, for mutual TLS."),
            FieldKind("key", "The key of that certificate, PEM.", is_secret=True),
        ),
        {"user": "username"},
    ),
)
_BY_TYPE = {kind.type: kind for kind in TYPES}


def checked_fields(name: str, given: Mapping[str, object]) -> tuple[str, dict[str, str]]:
    """Return the type and the fields as they are kept, or raise `InvalidError` with the path of each fault.

    `header` with `name` and `value` is an API key in that header; `name` and `in` of an API key say where it goes.
    No message repeats a value.
    """
    if name == "header":
        name, given = "api-key", _as_api_key({"in": "header", **given})
    elif name == "api-key" and ("name" in given or "in" in given):
        given = _as_api_key(given)
    kind = _BY_TYPE.get(name)
    if kind is None:
        text = f"must be one of {', '.join((*_BY_TYPE, 'header'))}"
        raise InvalidError(f"type {text}", [Problem("type", "unknown", text)])
    fields = {kind.aliases.get(key, key): value for key, value in given.items()}
    problems = [*_field_problems(kind, fields), *_rule_problems(kind, fields)]
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}", problems)
    return kind.type, {key: str(value) for key, value in fields.items() if value != ""}


ANY = "*"


def checked_domains(domains: Sequence[str]) -> tuple[str, ...]:
    """Return the domains to which a credential may be sent: `api.example.com`, or `*.example.com` for all below.

    `*` alone is any, and so is none at all.
    """
    if list(domains) == [ANY]:
        return ()
    problems = [
        Problem(f"allowedDomains[{index}]", "invalid", "must be a host name, or *. and one")
        for index, domain in enumerate(domains)
        if len(domain) > _MAX_DOMAIN or not _DOMAIN.fullmatch(domain.lower())
    ]
    if problems:
        raise InvalidError(f"{problems[0].path} {problems[0].message}", problems)
    return tuple(dict.fromkeys(domain.lower() for domain in domains))


def checked_node_types(types: Sequence[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the types of nodes and triggers that may use a credential; `*` alone is any, and so is none at all."""
    if list(types) == [ANY]:
        return ()
    takers = [name for name in catalogue.names() if catalogue.get(name).credentials]
    problems = [
        Problem(
            f"allowedNodeTypes[{index}]",
            "unknown",
            f"is no type that takes a credential; those are {', '.join(takers)}",
        )
        for index, name in enumerate(types)
        if name not in takers
    ]
    if problems:
        raise InvalidError(f"{problems[0].path} {problems[0].message}", problems)
    return tuple(dict.fromkeys(types))


def check_brokers(kind: str, fields: Mapping[str, str], domains: Sequence[str]) -> None:
    """Raise `InvalidError` for brokers of a credential that are not among the hosts to which it may be sent."""
    if kind != "kafka" or not domains:
        return
    for broker in fields["brokers"].split(","):
        host = broker.strip().rpartition(":")[0] or broker.strip()
        if not is_within(host.lower(), domains):
            text = f"{host} is not among the `allowedDomains` {', '.join(domains)}"
            raise InvalidError(f"fields.brokers: {text}", [Problem("fields.brokers", "host", text)])


def hidden_fields(kind: str) -> tuple[str, ...]:
    """Return the names of the fields of a type that are secret, their other names too."""
    known = _BY_TYPE[kind]
    secret = [field.name for field in known.fields if field.is_secret]
    return (*secret, *(alias for alias, name in known.aliases.items() if name in secret))


def with_aliases(kind: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields as those who use them know them: an API key is a `value` in a header, too."""
    return {**fields, "value": fields["key"]} if kind == "api-key" else dict(fields)


def _as_api_key(given: Mapping[str, object]) -> dict[str, object]:
    fields = {key: value for key, value in given.items() if key not in {"name", "in"}}
    place = given.get("in", "header")
    if place not in {"header", "query"}:
        text = "must be header or query"
        raise InvalidError(f"fields.in {text}", [Problem("fields.in", "unknown", text)])
    if "name" in given:
        fields[str(place)] = given["name"]
    return fields


def _field_problems(kind: CredentialType, fields: Mapping[str, object]) -> list[Problem]:
    known = {field.name: field for field in kind.fields}
    problems = []
    for name, value in fields.items():
        path = f"fields.{name}"
        if name not in known:
            text = f"is unknown; {kind.type} has {', '.join(known)}"
            problems.append(Problem(path, "unknown", text))
        elif not isinstance(value, str):
            problems.append(Problem(path, "type", "must be text"))
        elif len(value) > MAX_FIELD_BYTES:
            problems.append(Problem(path, "too-large", f"may have {MAX_FIELD_BYTES} characters"))
        elif value and known[name].choices and value not in known[name].choices:
            text = f"must be one of {', '.join(known[name].choices)}"
            problems.append(Problem(path, "unknown", text))
    problems += [
        Problem(f"fields.{name}", "required", f"{kind.type} needs it")
        for name, field in known.items()
        if field.is_required and not fields.get(name)
    ]
    return problems


def _rule_problems(kind: CredentialType, fields: Mapping[str, object]) -> list[Problem]:
    problems = []
    header = fields.get("header")
    if isinstance(header, str) and header and not _TOKEN.fullmatch(header):
        problems.append(Problem("fields.header", "invalid", "must be the name of a header"))
    if kind.type == "api-key" and fields.get("header") and fields.get("query"):
        problems.append(Problem("fields.query", "conflict", "name a header or a query, not both"))
    if kind.type == "basic" and ":" in str(fields.get("username", "")):
        problems.append(Problem("fields.username", "invalid", "cannot hold a colon"))
    if kind.type == "jwt" and not (fields.get("secret") or fields.get("publicKey")):
        problems.append(Problem("fields.secret", "required", "give a secret or a publicKey"))
    return problems
