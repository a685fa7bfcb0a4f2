"""HashiCorp Vault's transit engine as its HTTP API documents it: what it does not document is refused.

Source: developer.hashicorp.com/vault/api-docs/secret/transit (read key, rotate, update configuration, encrypt, decrypt).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.http_server import Seen, http_answer, local_server

TOKEN = "hvs.of-a-test"  # noqa: S105  # of no real Vault
DOCUMENTED: Mapping[str, frozenset[str]] = {
    "encrypt": frozenset(
        {"plaintext", "associated_data", "context", "key_version", "nonce", "batch_input", "type"}
    ),
    "decrypt": frozenset({"ciphertext", "associated_data", "context", "nonce", "batch_input"}),
    "rotate": frozenset(),
    "config": frozenset(
        {"min_decryption_version", "min_encryption_version", "deletion_allowed", "exportable",
         "allow_plaintext_backup", "auto_rotate_period"}
    ),
}  # fmt: skip


class FakeVault:
    """One key `alur` at the mount `transit`, of type aes256-gcm96."""

    def __init__(self) -> None:
        self.keys = {1: os.urandom(32)}
        self.least = 1
        self.taken = TOKEN
        self.down = 0
        """So many requests more are answered as by a sealed Vault."""
        self.url = ""
        self.undocumented: list[str] = []

    def answer(self, seen: Seen) -> bytes:
        try:
            status, data = self._answer(seen)
        except AssertionError as error:
            self.undocumented.append(str(error))
            return http_answer(400, b'{"errors":["undocumented"]}', content_type="application/json")
        body = data if status >= 400 else {"request_id": "r", "lease_id": "", "data": data}
        content = b"" if status == 204 else json.dumps(body).encode()
        return http_answer(status, content, content_type="application/json")

    def _answer(self, seen: Seen) -> tuple[int, dict[str, Any]]:
        if self.down:
            self.down -= 1
            return 503, {"errors": ["Vault is sealed"]}
        if seen.headers.get("x-vault-token") != self.taken:
            return 403, {"errors": ["permission denied"]}
        parts = seen.target.removeprefix("/v1/transit/").split("/")
        assert seen.target.startswith("/v1/transit/"), seen.target
        if parts[0] == "keys":
            assert len(parts) in (2, 3), seen.target
            return self._key(seen, parts[1], *parts[2:])
        assert len(parts) == 2, seen.target
        verb, name = parts
        assert (seen.method, verb in {"encrypt", "decrypt"}) == ("POST", True), seen.target
        if name != "alur":
            return 400, {"errors": ["encryption key not found"]}
        asked = _body(seen, verb)
        associated = _bytes(asked.get("associated_data", ""))
        operation = self._encrypt if verb == "encrypt" else self._decrypt
        return operation(asked, associated)

    def _key(self, seen: Seen, name: str, verb: str = "") -> tuple[int, dict[str, Any]]:
        if name != "alur":
            return 404, {"errors": []}
        if not verb:
            assert seen.method == "GET", seen.method
            return 200, {
                "type": "aes256-gcm96", "name": "alur", "min_decryption_version": self.least,
                "min_encryption_version": 0, "supports_encryption": True, "derived": False,
                "keys": {str(version): 1_800_000_000 for version in self.keys if version >= self.least},
            }  # fmt: skip
        assert seen.method == "POST", seen.method
        asked = _body(seen, verb)
        if verb == "rotate":
            self.keys[max(self.keys) + 1] = os.urandom(32)
        else:
            self.least = asked["min_decryption_version"]
            assert isinstance(self.least, int)
        return 204, {}

    def _encrypt(self, asked: Mapping[str, Any], associated: bytes) -> tuple[int, dict[str, Any]]:
        version, nonce = max(self.keys), os.urandom(12)
        content = AESGCM(self.keys[version]).encrypt(nonce, _bytes(asked["plaintext"]), associated)
        text = base64.b64encode(nonce + content).decode()
        return 200, {"ciphertext": f"vault:v{version}:{text}", "key_version": version}

    def _decrypt(self, asked: Mapping[str, Any], associated: bytes) -> tuple[int, dict[str, Any]]:
        prefix, number, text = asked["ciphertext"].split(":")
        assert prefix == "vault", prefix
        version = int(number.removeprefix("v"))
        if version < self.least:
            error = "ciphertext or signature version is disallowed by policy (too old)"
            return 400, {"errors": [error]}
        content = _bytes(text)
        try:
            plain = AESGCM(self.keys[version]).decrypt(content[:12], content[12:], associated)
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"plaintext": base64.b64encode(plain).decode()}


def _body(seen: Seen, verb: str) -> dict[str, Any]:
    assert verb in DOCUMENTED, verb
    asked: dict[str, Any] = json.loads(seen.body or b"{}")
    assert set(asked) <= DOCUMENTED[verb], asked
    return asked


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise AssertionError(f"not base64: {text!r}") from error


@asynccontextmanager
async def fake_vault() -> AsyncIterator[FakeVault]:
    """Serve while the block runs; whatever was asked against the documentation fails the test."""
    vault = FakeVault()
    async with local_server(vault.answer) as server:
        vault.url = server.url
        yield vault
    assert vault.undocumented == []
