"""Managed certificates: the broker issues key and certificate; only this one is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.credentials.kind import CertificateCredential
from broker.pki.authority import pem_of
from broker.pki.keys import private_key_pem
from broker.pki.presented import ClientCertificate

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from broker.pki.authority import Authority, Subject


@dataclass(frozen=True, slots=True, repr=False)
class MintedCertificate:
    """A new certificate with its private key, both as PEM; the chain starts with the leaf."""

    credential: CertificateCredential
    chain: str
    private_key: str


def mint(
    authority: Authority, subject: Subject, key: RSAPrivateKey, validity_days: int, now: datetime
) -> MintedCertificate:
    """Issue the certificate of a binding (H-26); ``key`` must be used for no other."""
    organization = authority.organization
    certificate = authority.issue_client_certificate(
        subject.name(organization), key.public_key(), now, timedelta(days=validity_days)
    )
    issued = ClientCertificate.of(certificate)
    credential = CertificateCredential(
        lookup=recognise(issued),
        names=issued.names,
        not_before=issued.not_before,
        not_after=issued.not_after,
    )
    return MintedCertificate(
        credential, pem_of([certificate, *authority.chain]), private_key_pem(key)
    )


def recognise(presented: ClientCertificate) -> str:
    """Return the lookup key of this very certificate."""
    return presented.thumbprint
