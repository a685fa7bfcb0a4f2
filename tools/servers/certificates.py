"""Certificates for servers on loopback, signed by an authority of their own that lives as long as the test."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


def write_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Write a new private key (P-256: making an RSA key takes seconds) and return it."""
    key = ec.generate_private_key(ec.SECP256R1())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    path.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return key


def write_certificates(folder: Path) -> None:
    """Write `ca.crt`, and `server.crt` with `server.key` for 127.0.0.1, localhost, and the name by which pods know it."""
    key, ours = write_key(folder / "ca.key"), x509.BasicConstraints(ca=True, path_length=None)
    _sign(folder / "ca.crt", (_AUTHORITY, _AUTHORITY), key, key, ours)
    write_certificate(folder)


def write_certificate(folder: Path, *, days: float = 30) -> None:
    """Write `server.crt` and `server.key` anew, by the authority in the folder: good since yesterday, for so many days from now."""
    key = write_key(folder / "server.key")
    authority = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(authority, ec.EllipticCurvePrivateKey)  # noqa: S101  # as written
    names = ("localhost", "kubernetes.default.svc")
    places = [*map(x509.DNSName, names), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
    known_as = x509.SubjectAlternativeName(places)
    server = (_name("localhost"), _AUTHORITY)
    _sign(folder / "server.crt", server, key, authority, known_as, days=days)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


_AUTHORITY = _name("alur tests")


def _sign(
    path: Path,
    names: tuple[x509.Name, x509.Name],
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
    *,
    days: float = 30,
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + days * _DAY)
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    )
    certificate = builder.sign(signer, hashes.SHA256())
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
