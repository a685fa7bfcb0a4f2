"""The certificate of the admission webhook: one of our own, made anew in time, or one that others put in a folder."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from alur_common.telemetry import get_logger
from alur_sdk.errors import AlurError, InvalidError, Problem

CERTIFICATE, KEY = "tls.crt", "tls.key"
TELL_SECONDS = 10.0
"""So often the API server is told again of what it may have been made to forget."""
RETRY_SECONDS = 2.0
HANDOVER_SECONDS = 5.0
"""API servers know of a change well before."""
LOOK_SECONDS = 1.0
Tell = Callable[[bytes], Awaitable[None]]
"""Has the API server trust certificates (PEM); raises `AlurError`."""
_EARLY = datetime.timedelta(minutes=5)
_log = get_logger("alur.operator")


def server_context() -> ssl.SSLContext:
    """Return how the webhook speaks TLS; its certificate is loaded into it, and again for connections to come."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class OwnCertificate:
    """A certificate that signs itself. Its key is in this process alone and ends with it; the API server is told whom to trust."""

    def __init__(
        self, context: ssl.SSLContext, name: str, tell: Tell, *, renew_seconds: float
    ) -> None:
        self._context = context
        self._name = name
        self._tell = tell
        self._renew_seconds = renew_seconds
        self._told = ""
        self._current = _make(name, 2 * renew_seconds)
        _load_pair(context, self._current)

    async def keep(self) -> None:
        """Tell the API server, again and again, and renew it in time, until cancelled.

        Both are trusted while the new one takes the place of the old: no question goes unanswered.
        """
        while True:
            await self._tell_until(time.monotonic() + self._renew_seconds, self._current[0])
            coming = _make(self._name, 2 * self._renew_seconds)
            handover = min(HANDOVER_SECONDS, self._renew_seconds / 4)
            while not await self._tell_until(
                time.monotonic() + handover, self._current[0] + coming[0]
            ):
                continue
            _load_pair(self._context, coming)
            self._current = coming
            _log.info("certificate renewed", name=self._name)

    async def _tell_until(self, end: float, trusted: bytes) -> bool:
        """Tell whom to trust until a time; return whether the API server knows it."""
        told = False
        while (left := end - time.monotonic()) > 0:
            told = await self._try_to_tell(trusted)
            await asyncio.sleep(min(left, TELL_SECONDS if told else RETRY_SECONDS))
        return told

    async def _try_to_tell(self, trusted: bytes) -> bool:
        try:
            await self._tell(trusted)
        except AlurError as error:
            if error.message != self._told:
                _log.warning("webhook not trusted", reason=error.message)
            self._told = error.message
            return False
        self._told = ""
        return True


class GivenCertificate:
    """A certificate in a folder, as cert-manager and a Secret's volume keep it."""

    def __init__(self, folder: Path, context: ssl.SSLContext) -> None:
        """Load it. Raises `InvalidError` when it cannot be read."""
        self._files = folder / CERTIFICATE, folder / KEY
        self._context = context
        try:
            self._known = self._read()
            _load_pair(context, self._known)
        except (OSError, ssl.SSLError) as error:
            text = f"ALUR_WEBHOOK_CERTIFICATE: {folder} has no {CERTIFICATE} and {KEY}: {error}"
            problem = Problem("ALUR_WEBHOOK_CERTIFICATE", "invalid", text)
            raise InvalidError(text, [problem]) from error

    async def keep(self) -> None:
        """Load it again whenever it changes, until cancelled; one that cannot be loaded leaves the old one in place."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                found = await asyncio.to_thread(self._read)
                if found != self._known:
                    _load_pair(self._context, found)
                    self._known = found
                    _log.info("certificate renewed", file=str(self._files[0]))
            except (OSError, ssl.SSLError) as error:
                _log.warning("certificate not renewed", file=str(self._files[0]), reason=str(error))

    def _read(self) -> tuple[bytes, bytes]:
        return self._files[0].read_bytes(), self._files[1].read_bytes()


def _make(name: str, seconds: float) -> tuple[bytes, bytes]:
    """Return a certificate for a name that signs itself, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    # The name itself may be longer than the 64 characters of a common name.
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alur admission webhook")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + datetime.timedelta(seconds=seconds))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form, safe = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, form, safe),
    )


def _load_pair(context: ssl.SSLContext, pair: tuple[bytes, bytes]) -> None:
    """Load a certificate and its key, which Python takes from files alone: ours are gone at once."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / CERTIFICATE, Path(folder) / KEY
        for file, content in zip(files, pair, strict=True):
            file.write_bytes(content)
        context.load_cert_chain(*files)
