"""The registry of issuers by credential type.

Secret types are taken from ``credentials/registry.py``; any other type has a line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.credentials.registry import SECRET_KINDS
from broker.descriptor.model import CredentialType
from broker.lifecycle.issuing.secrets import OwnSecrets, SharedSecrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.clock import Clock
    from broker.lifecycle.issuing.certificates import CertificateBindings
    from broker.lifecycle.issuing.issuer import Issuer


def issuers(clock: Clock, certificates: CertificateBindings) -> Mapping[CredentialType, Issuer]:
    """Return the issuer of each type."""
    secrets: dict[CredentialType, Issuer] = {
        type_: SharedSecrets(clock) if kind.is_shared else OwnSecrets(kind, clock)
        for type_, kind in SECRET_KINDS.items()
    }
    return {**secrets, CredentialType.X509: certificates}
