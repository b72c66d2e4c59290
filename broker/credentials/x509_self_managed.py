"""Self-managed certificates: the user's own, from an authority that the operator trusts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.credentials.kind import CertificateCredential
from broker.errors import InvalidRequest
from broker.pki.authority import pem_of
from broker.pki.supplied import Unusable, read_chain
from broker.pki.trust import Untrusted

if TYPE_CHECKING:
    from datetime import datetime

    from broker.pki.presented import ClientCertificate
    from broker.pki.trust import Trust

PARAMETER = "x509.certificate"


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A certificate that the user brought; the chain is PEM, as it came."""

    credential: CertificateCredential
    chain: str


def register(pem: str, trust: Trust, now: datetime, *, pinned: bool) -> RegisteredCertificate:
    """Check a certificate that the user brings; raise InvalidRequest.

    Pinned, exactly this certificate authenticates; otherwise every one with the same subject and
    issuer names, signed by the same key of the issuer.
    """
    try:
        chain = read_chain(pem)
    except Unusable as error:
        raise InvalidRequest.at(PARAMETER, error.found, error.allowed) from None
    client = chain.client
    if client.not_after <= now:
        raise InvalidRequest.at(
            PARAMETER, f"it expired on {client.not_after:%Y-%m-%d %H:%M} UTC", "a valid certificate"
        )
    try:
        # One that is not valid yet may be bound in advance; it authenticates from its day on.
        at = max(now, client.not_before)
        path = trust.path_above(client.certificate, chain.others, at)
    except Untrusted:
        issuer = client.certificate.issuer.rfc4514_string()[:200]
        raise InvalidRequest.at(
            PARAMETER,
            f'it was not issued by a trusted authority; its issuer is "{issuer}"',
            "a certificate from an authority that the operator of this broker trusts, followed by"
            " its intermediate certificates",
        ) from None
    credential = CertificateCredential(
        lookup=recognise(client, pinned=pinned),
        names=client.names,
        not_before=client.not_before,
        not_after=client.not_after,
        issuer_path=pem_of(path),
    )
    return RegisteredCertificate(credential, pem_of([client.certificate, *chain.others]))


def recognise(presented: ClientCertificate, *, pinned: bool) -> str:
    """Return the key under which a binding with this certificate is found again."""
    return presented.thumbprint if pinned else presented.names
