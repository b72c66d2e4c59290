"""Every credential type has an issuer."""

from __future__ import annotations

from typing import Any

from broker.descriptor.model import CredentialType
from broker.lifecycle.issuing.registry import issuers
from broker.lifecycle.issuing.secrets import OwnSecrets, SharedSecrets
from tests.support.domain import FakeClock


def test_each_type_has_its_issuer() -> None:
    certificates: Any = object()
    found = issuers(FakeClock(), certificates)
    assert set(found) == set(CredentialType)
    assert isinstance(found[CredentialType.INSTANCE_SECRET], SharedSecrets)
    assert isinstance(found[CredentialType.BINDING_SECRET], OwnSecrets)
    assert found[CredentialType.X509] is certificates
