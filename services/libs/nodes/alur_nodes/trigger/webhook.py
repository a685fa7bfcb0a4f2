"""The trigger `trigger.webhook`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from alur_sdk import CredentialSlot, Duration, Params, TriggerNode

MIB = 1024 * 1024
# Segments of unreserved characters (RFC 3986), or `:name` for one that is handed over.
PATH = (
    r"^/?([A-Za-z0-9._~-]+|:[A-Za-z_][A-Za-z0-9_]*)(/([A-Za-z0-9._~-]+|:[A-Za-z_][A-Za-z0-9_]*))*$"
)

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
HeaderName = Annotated[
    str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", max_length=128)
]


class NoAuth(Params):
    """Whoever knows the address may call: it holds 128 random bits."""

    type: Literal["none"] = "none"


class HeaderAuth(Params):
    """A header carries the secret itself."""

    type: Literal["header"]
    header: HeaderName = Field(default="X-API-Key", description="The header with the secret.")
    prefix: str = Field(default="", max_length=64, description="What stands before the secret.")


class BasicAuth(Params):
    """HTTP basic authentication (RFC 7617)."""

    type: Literal["basic"]


class HmacAuth(Params):
    """The caller signs the body."""

    type: Literal["hmac"]
    header: HeaderName = Field(
        default="X-Hub-Signature-256", description="The header with the signature."
    )
    algorithm: Literal["sha256", "sha384", "sha512", "sha1"] = Field(
        default="sha256", description="The hash function."
    )
    prefix: str = Field(default="sha256=", max_length=64, description="What stands before it.")
    encoding: Literal["hex", "base64"] = Field(default="hex", description="How it is written.")
    timestamp_header: HeaderName | None = Field(
        default=None,
        description="A header with the time in seconds; signed as `time.body` when given.",
    )
    tolerance: Duration = Field(
        default="PT5M",
        description="How far that time may be from ours.",
        json_schema_extra={"x-ui": {"widget": "duration"}},
    )


class JwtAuth(Params):
    """The caller sends a JSON Web Token as bearer (RFC 7519)."""

    type: Literal["jwt"]
    algorithms: list[
        Literal["HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
    ] = Field(default=["HS256"], min_length=1, description="The algorithms that are accepted.")
    issuer: str | None = Field(default=None, max_length=500, description="The `iss` it must have.")
    audience: str | None = Field(
        default=None, max_length=500, description="The `aud` it must have."
    )
    header: HeaderName = Field(default="Authorization", description="The header with the token.")


Auth = Annotated[NoAuth | HeaderAuth | BasicAuth | HmacAuth | JwtAuth, Field(discriminator="type")]


class WebhookParams(Params):
    """What is called, and what is answered."""

    path: Annotated[str, StringConstraints(pattern=PATH, min_length=1, max_length=200)] = Field(
        description="The end of the address, such as `orders` or `orders/:id`."
    )
    methods: list[Method] = Field(
        default=["POST"], min_length=1, max_length=6, description="The HTTP methods it takes."
    )
    respond: Literal["accepted", "result", "node"] = Field(
        default="accepted",
        description=(
            "`accepted`: 202 at once. `result`: the output of the execution. "
            "`node`: what a node `core.respond` says."
        ),
    )
    result: Literal["first", "all"] = Field(
        default="first",
        description="For `respond: result`: the first item of the output, or the list of all.",
        json_schema_extra={"x-ui": {"when": {"respond": ["result"]}}},
    )
    auth: Auth = Field(
        default_factory=NoAuth, description="How the caller proves who it is; see credentials."
    )
    idempotency_header: HeaderName = Field(
        default="Idempotency-Key",
        description="The header that is the same when a delivery is repeated.",
    )
    max_body: int = Field(default=MIB, ge=0, le=64 * MIB, description="The largest body, in bytes.")

    @field_validator("methods")
    @classmethod
    def _no_method_twice(cls, methods: list[Method]) -> list[Method]:
        if len(set(methods)) < len(methods):
            raise ValueError("a method is named twice")
        return methods

    @field_validator("path")
    @classmethod
    def _no_way_up(cls, path: str) -> str:
        segments = path.split("/")
        if "." in segments or ".." in segments:
            raise ValueError("`.` and `..` are no segments of a path")
        names = [segment for segment in segments if segment.startswith(":")]
        if len(set(names)) < len(names):
            raise ValueError("two segments have the same name")
        return path


class Webhook(TriggerNode[WebhookParams]):
    """Start by an HTTP request to the trigger's own address.

    The item holds `body`, `headers`, `query`, `params`, `method` and `path`. A caller that
    repeats a delivery under the same idempotency key gets the first answer again.
    """

    label = "Webhook"
    icon = "webhook"
    credentials = (CredentialSlot("auth", ("api-key", "basic", "bearer", "hmac", "jwt")),)
    example = {"path": "orders", "methods": ["POST"], "respond": "result"}
