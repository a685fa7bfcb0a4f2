"""The parameters of `http.request`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from alur_nodes.paths import Path
from alur_sdk import Duration, Params

MIB = 1024 * 1024
MAX_PAGES = 10_000
Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
SAFE = ("GET", "HEAD", "OPTIONS")
HeaderName = Annotated[
    str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", max_length=128)
]
Scalar = str | int | float | bool | None


class Auth(Params):
    """How the credential is sent, where its type leaves that open."""

    in_: Literal["header", "query"] = Field(
        default="header", alias="in", description="Where an API key goes."
    )
    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="The header or query parameter; absent: as the credential says.",
    )
    prefix: str = Field(
        default="", max_length=64, description="What stands before it, such as `Token `."
    )


class NoPages(Params):
    """One request, one answer."""

    mode: Literal["none"] = "none"


class LinkPages(Params):
    """Each answer names the next page in its `Link` header (RFC 8288)."""

    mode: Literal["link-header"]
    max_pages: int = Field(default=100, ge=1, le=MAX_PAGES, description="At most so many requests.")


class CursorPages(Params):
    """Each answer holds the cursor of the next page."""

    mode: Literal["cursor"]
    cursor: Path = Field(description="Where the answer has the next cursor, e.g. `meta.next`.")
    parameter: str = Field(
        default="cursor",
        min_length=1,
        max_length=128,
        description="The query parameter it goes to.",
    )
    max_pages: int = Field(default=100, ge=1, le=MAX_PAGES, description="At most so many requests.")


class NumberedPages(Params):
    """Pages have numbers; the first one without elements is the last."""

    mode: Literal["page"]
    parameter: str = Field(
        default="page", min_length=1, max_length=128, description="The query parameter."
    )
    start: int = Field(default=1, ge=0, description="The number of the first page.")
    items: Path | None = Field(
        default=None, description="Where the answer has its list; absent: it is the list."
    )
    max_pages: int = Field(default=100, ge=1, le=MAX_PAGES, description="At most so many requests.")


Pagination = Annotated[
    NoPages | LinkPages | CursorPages | NumberedPages, Field(discriminator="mode")
]


class Tls(Params):
    """How the server's certificate is checked."""

    verify: bool = Field(default=True, description="False: any certificate is taken. Dangerous.")
    ca: str | None = Field(
        default=None,
        max_length=100_000,
        description="Certificates (PEM) to trust instead of the system's.",
        json_schema_extra={"x-ui": {"widget": "textarea"}},
    )


class RequestParams(Params):
    """What is sent, and what becomes of the answer."""

    method: Method = Field(default="GET", description="The HTTP method.")
    url: Annotated[str, StringConstraints(min_length=1, max_length=8_000)] = Field(
        description="The address, `https://` or `http://`.",
        json_schema_extra={"x-ui": {"widget": "url"}},
    )
    query: dict[str, Scalar | list[Scalar]] = Field(
        default_factory=dict,
        max_length=200,
        description="Query parameters; a list repeats one, null leaves it out.",
        json_schema_extra={"x-ui": {"widget": "key-value"}},
    )
    headers: dict[HeaderName, Scalar] = Field(
        default_factory=dict,
        max_length=100,
        description="HTTP headers; null leaves one out.",
        json_schema_extra={"x-ui": {"widget": "key-value"}},
    )
    body: Any = Field(
        default=None,
        description=(
            "Text goes as it is; all else as JSON, or as a form with the content type "
            "`application/x-www-form-urlencoded`."
        ),
        json_schema_extra={"x-ui": {"widget": "json"}},
    )
    body_file: str | None = Field(
        default=None, max_length=128, description="Send this file of the item as the body instead."
    )
    auth: Auth = Field(default_factory=Auth, description="How the credential `auth` is sent.")
    response: Literal["auto", "json", "text", "binary"] = Field(
        default="auto",
        description=(
            "What the answer is; `auto` goes by its content type. `binary` becomes a file and "
            "travels by the disk, so that large ones need no memory."
        ),
    )
    full_response: bool = Field(
        default=False, description="True: the item is `{status, headers, body}`."
    )
    never_fail: bool = Field(
        default=False, description="True: a status of 400 and above is an answer like any other."
    )
    pagination: Pagination = Field(
        default_factory=NoPages, description="How to get all pages; each is treated as an answer."
    )
    follow_redirects: bool | Annotated[int, Field(ge=0, le=20)] = Field(
        default=True, description="Whether to follow redirects, or how many; `true` is 5."
    )
    tls: Tls = Field(default_factory=Tls, description="How the server's certificate is checked.")
    timeout: Duration = Field(
        default="PT30S",
        description="Of each request, the answer included.",
        json_schema_extra={"x-ui": {"widget": "duration"}},
    )
    max_bytes: int = Field(
        default=16 * MIB, ge=0, le=256 * MIB, description="The largest answer, in bytes."
    )
