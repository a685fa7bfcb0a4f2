"""Security as FastStream has it."""

from __future__ import annotations

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from alur_common.kafka.settings import KafkaSettings

_MECHANISMS = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


def security_of(settings: KafkaSettings) -> BaseSecurity:
    """Return how the broker's library signs in and encrypts."""
    context = settings.tls() if settings.is_encrypted else None
    if not settings.signs_in:
        return BaseSecurity(ssl_context=context)
    mechanism = _MECHANISMS[settings.sasl_mechanism]
    return mechanism(
        username=settings.user, password=settings.password.get_secret_value(), ssl_context=context
    )
