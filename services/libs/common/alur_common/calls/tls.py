"""Certificates of gRPC from files, read again when they are renewed."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc

from alur_common.telemetry.logs import get_logger
from alur_sdk.errors import InvalidError

Stamp = tuple[tuple[int, int], ...]
_log = get_logger("alur.calls")


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key, and who signs those of the others; PEM files."""

    certificate: Path
    key: Path
    authority: Path | None

    def stamp(self) -> Stamp:
        """Return what differs once a file is another one. Raises `InvalidError` for a file that cannot be read."""
        files = [file for file in (self.certificate, self.key, self.authority) if file]
        try:
            return tuple((s.st_mtime_ns, s.st_ino) for s in map(Path.stat, files))
        except OSError as error:
            raise _unreadable(error) from error

    def server_credentials(self) -> grpc.ServerCredentials:
        """Return credentials of a server; with an authority every caller has to show a certificate of it.

        Connections that are made after the files were renewed see the new ones. Raises `InvalidError`.
        """
        renewal = _Renewal(self, self.stamp())
        return grpc.dynamic_ssl_server_credentials(
            self._configuration(),
            renewal,  # type: ignore[arg-type]  # its stubs forget that None says: as before
            require_client_authentication=self.authority is not None,
        )

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Return credentials that show our certificate and demand one of the authority. Raises `InvalidError`."""
        authority, key, certificate = self._contents()
        return grpc.ssl_channel_credentials(authority, key, certificate)

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        authority, key, certificate = self._contents()
        return grpc.ssl_server_certificate_configuration([(key, certificate)], authority)

    def _contents(self) -> tuple[bytes | None, bytes, bytes]:
        try:
            authority = None if self.authority is None else self.authority.read_bytes()
            return authority, self.key.read_bytes(), self.certificate.read_bytes()
        except OSError as error:
            raise _unreadable(error) from error


class _Renewal:
    """Asked by gRPC at each handshake; answers None while the files are those that it has."""

    def __init__(self, identity: Identity, stamp: Stamp) -> None:
        self._identity = identity
        self._stamp = stamp

    def __call__(self) -> grpc.ServerCertificateConfiguration | None:
        try:
            stamp = self._identity.stamp()
            if stamp == self._stamp:
                return None
            renewed = self._identity._configuration()  # noqa: SLF001  # a part of the same
        except InvalidError as error:
            _log.warning("certificate not renewed", reason=error.message)
            return None
        self._stamp = stamp
        return renewed


def identity_of(
    prefix: str, certificate: Path | None, key: Path | None, authority: Path | None
) -> Identity | None:
    """Return the identity that settings name, or None when they name none: no TLS.

    Raises `InvalidError` for half of one, which would be plain text where somebody asked for TLS, and for files that
    hold no such thing, which gRPC would take for a port that is in use.
    """
    if certificate is None and key is None and authority is None:
        return None
    if certificate is None or key is None:
        raise InvalidError(f"{prefix}CERTIFICATE and {prefix}KEY go together: set both, or none")
    _check(prefix, {"CERTIFICATE": certificate, "KEY": key, "AUTHORITY": authority})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        both = f"{prefix}CERTIFICATE and {prefix}KEY"
        raise InvalidError(
            f"{both} are no certificate in PEM and its key: {error.reason}"
        ) from error
    try:
        if authority is not None:
            context.load_verify_locations(authority)
    except ssl.SSLError as error:
        raise InvalidError(f"{prefix}AUTHORITY: {authority} holds no certificate in PEM") from error
    return Identity(certificate, key, authority)


def _check(prefix: str, files: Mapping[str, Path | None]) -> None:
    """Raise `InvalidError` with the setting whose file cannot be read."""
    for name, file in files.items():
        try:
            if file is not None:
                file.open("rb").close()
        except OSError as error:
            raise InvalidError(
                f"{prefix}{name}: {file} cannot be read: {error.strerror}"
            ) from error


def _unreadable(error: OSError) -> InvalidError:
    return InvalidError(f"a file of TLS cannot be read: {error.filename}: {error.strerror}")
