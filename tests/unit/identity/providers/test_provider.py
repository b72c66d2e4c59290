"""The record of a provider."""

from __future__ import annotations

from broker.identity.providers.provider import OIDC, Provider, local_store
from tests.support.users import A_ZONE


def test_the_issuer_is_that_of_the_configuration() -> None:
    """I-30."""
    provider = Provider(
        1, A_ZONE, "a", OIDC, "A", configuration={"issuer": "https://a.example.org"}
    )
    assert (provider.issuer, provider.is_local) == ("https://a.example.org", False)
    assert (local_store(A_ZONE).issuer, local_store(A_ZONE).is_local) == (None, True)
