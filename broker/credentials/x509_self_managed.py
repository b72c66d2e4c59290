"""Self-managed certificates: the user's own, from an authority that the operator trusts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.credentials.kind import CertificateCredential
from broker.errors import InvalidRequest
from broker.pki.authority import pem_of
from broker.pki.client_rules import Unusable, require_usable
from broker.pki.supplied import read_chain
from broker.pki.trust import Untrusted

if TYPE_CHECKING:
    from datetime import datetime

    from broker.pki.presented import ClientCertificate
    from broker.pki.trust import Trust

PARAMETER = "x509.certificate"


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A certificate that the user supplied; the chain is PEM, in the given order."""

    credential: CertificateCredential
    chain: str


def register(pem: str, trust: Trust, now: datetime, *, pinned: bool) -> RegisteredCertificate:
    """Validate a certificate that the user supplies; raise InvalidRequest.

    If pinned, only this certificate authenticates; otherwise any with the same subject and issuer
    names, signed by the same issuer key.
    """
    try:
        chain = read_chain(pem)
        client = chain.client
        # A certificate that is not valid yet may be bound in advance.
        require_usable(client, now, in_advance=True)
    except Unusable as error:
        raise InvalidRequest.at(PARAMETER, error.found, error.allowed) from None
    try:
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
    """Return the lookup key of a binding with this certificate."""
    return presented.thumbprint if pinned else presented.names
