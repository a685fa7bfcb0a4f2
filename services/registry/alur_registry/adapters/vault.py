"""Key encryption keys in HashiCorp Vault: its transit engine wraps, and no key ever leaves it.

Source: the HTTP API of the transit secrets engine, developer.hashicorp.com/vault/api-docs/secret/transit.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from alur_common.security.wrapping import SealError, Wrapped
from alur_sdk.errors import AlurError, InvalidError, StateError, UnavailableError

_PLACE = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_SECONDS = 5.0
_OK, _NO_CONTENT, _BAD, _FORBIDDEN, _NOT_FOUND = 200, 204, 400, 403, 404
_PASSING = frozenset({412, 429, 472, 473, 500, 502, 503, 504})
"""Vault is sealed, standing by, busy or not yet up to date."""
_SAID = 300


class VaultKeys:
    """`KeyWrapper` by one named key of a transit engine; each of its versions is a key of its own.

    `place` is mount and name, `transit/alur`. The token is read from its file at each call: who renews it
    (Vault's agent) writes it there. Raises `InvalidError` for an address that would show the token to the network.
    """

    def __init__(
        self,
        url: str,
        place: str,
        *,
        token: str = "",
        token_file: Path | None = None,
        pauses: Sequence[float] = (0.1, 0.4),
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise InvalidError("ALUR_VAULT_URL must begin with https://, its token is a secret")
        if _PLACE.fullmatch(place) is None:
            raise InvalidError("ALUR_VAULT_KEY must be mount and name of a key, as transit/alur")
        self._url = url.rstrip("/")
        self._mount, _, self._name = place.rpartition("/")
        self._prefix = f"vault:{place}:v"
        self._token = token
        self._token_file = token_file
        self._pauses = pauses

    async def current(self) -> str:
        return self._id((await self._versions())[0])

    async def wrap(self, data_key: bytes, associated: bytes) -> Wrapped:
        asked = {"plaintext": _text(data_key), "associated_data": _text(associated)}
        answer = await self._asked("POST", f"encrypt/{self._name}", asked)
        ciphertext = str(answer.get("ciphertext", ""))
        version = ciphertext.split(":")[1:2]
        if not version or not version[0].removeprefix("v").isdecimal():
            raise UnavailableError("Vault answered what is no ciphertext: try again")
        return Wrapped(self._id(int(version[0][1:])), ciphertext.encode())

    async def unwrap(self, wrapped: Wrapped, associated: bytes) -> bytes:
        asked = {
            "ciphertext": wrapped.content.decode("ascii", errors="replace"),
            "associated_data": _text(associated),
        }
        answer = await self._asked("POST", f"decrypt/{self._name}", asked)
        try:
            return base64.b64decode(answer["plaintext"], validate=True)
        except (KeyError, TypeError, binascii.Error) as error:
            raise UnavailableError("Vault answered what is no data key: try again") from error

    def owns(self, key_id: str) -> bool:
        return key_id.startswith(self._prefix)

    async def key_ids(self) -> list[str]:
        return [self._id(version) for version in await self._versions()]

    async def renew(self) -> str:
        await self._asked("POST", f"keys/{self._name}/rotate", {})
        return await self.current()

    async def retire(self, key_id: str, needed: Collection[str]) -> None:
        """Let Vault decrypt no version up to this one; `min_decryption_version` can be lowered again there."""
        last = self._version(key_id)
        kept = [self._version(one) for one in needed if self.owns(one)]
        newest = (await self._versions())[0]
        if last >= min([newest, *kept]):
            raise StateError(f"the key {key_id}, or an older one, is in use: `alur keys rotate`")
        body = {"min_decryption_version": last + 1}
        await self._asked("POST", f"keys/{self._name}/config", body)

    async def _versions(self) -> list[int]:
        """Return the versions that decrypt, the newest first."""
        key = await self._asked("GET", f"keys/{self._name}", None)
        versions = sorted((int(version) for version in key["keys"]), reverse=True)
        least = int(key.get("min_decryption_version") or 1)
        return [version for version in versions if version >= least]

    def _id(self, version: int) -> str:
        return f"{self._prefix}{version}"

    def _version(self, key_id: str) -> int:
        return int(key_id.removeprefix(self._prefix))

    async def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        """Return the `data` of an answer; what may pass is tried again, for all of this can be repeated."""
        for pause in self._pauses:
            try:
                return await self._once(method, path, body)
            except UnavailableError:
                # A second rotation would make a second key.
                if path.endswith("/rotate"):
                    raise
                await asyncio.sleep(pause)
        return await self._once(method, path, body)

    async def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        # Costs a tenth of a second at the start of those that have no Vault.
        import aiohttp  # noqa: PLC0415  # as above

        url = f"{self._url}/v1/{self._mount}/{path}"
        headers = {"X-Vault-Token": self._read_token(), "X-Vault-Request": "true"}
        limit = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit, headers=headers) as session,
                session.request(method, url, json=body, allow_redirects=False) as answer,
            ):
                content = None if answer.status == _NO_CONTENT else await answer.json()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise UnavailableError(f"Vault at {self._url} does not answer: {reason}") from error
        if answer.status in (_OK, _NO_CONTENT):
            return (content or {}).get("data") or {}
        raise self._error(answer.status, path, content)

    def _error(self, status: int, path: str, content: object) -> AlurError:
        told = content.get("errors") if isinstance(content, dict) else None
        said = "; ".join(map(str, told or ()))[:_SAID]
        where = f"Vault, {self._mount}/{path}: {status} {said}".rstrip()
        if status in _PASSING:
            return UnavailableError(f"{where}; try again later")
        if status == _BAD and path.startswith("decrypt/"):
            return SealError(
                f"a sealed secret does not open here ({where}): it was altered, belongs to another "
                "credential, or its key is retired"
            )
        if status == _FORBIDDEN:
            return StateError(f"{where}; the token needs a policy that allows this, or is over")
        if status == _NOT_FOUND:
            made = f"{self._mount}/keys/{self._name}"
            return StateError(f"{where}; make the key: `vault write -f {made}`")
        return StateError(f"{where}; see that ALUR_VAULT_URL and ALUR_VAULT_KEY are right")

    def _read_token(self) -> str:
        if self._token_file is None:
            return self._token
        try:
            return self._token_file.read_text("ascii", errors="replace").strip()
        except OSError as error:
            raise UnavailableError(
                f"Vault's token in {self._token_file} cannot be read: {error.strerror}"
            ) from error


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
