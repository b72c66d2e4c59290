"""The credential type of a new binding (A8)."""

from __future__ import annotations

from itertools import permutations

import pytest

from broker.credentials.choose import choose_type
from broker.descriptor.model import CredentialType
from broker.errors import InvalidRequest

INSTANCE, BINDING = CredentialType.INSTANCE_SECRET, CredentialType.BINDING_SECRET
X509 = CredentialType.X509
LISTS = [order for size in (1, 2, 3) for order in permutations((INSTANCE, BINDING, X509), size)]


@pytest.mark.parametrize("listed", LISTS)
def test_by_default_the_first_listed_type_is_issued(listed: tuple[CredentialType]) -> None:
    assert choose_type(None, listed, mints_instance_secrets=True) is listed[0]


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("wish", [INSTANCE, BINDING, X509])
def test_a_requested_type_is_issued_if_listed(
    listed: tuple[CredentialType], wish: CredentialType
) -> None:
    if wish in listed:
        assert choose_type(wish, listed, mints_instance_secrets=True) is wish
    else:
        with pytest.raises(InvalidRequest) as caught:
            choose_type(wish, listed, mints_instance_secrets=True)
        [violation] = caught.value.violations
        assert violation.path == "credential-type"
        assert f'"{wish}" is not among' in violation.found
        assert violation.allowed == ", ".join(listed)


def test_profile_current_mints_no_instance_secrets() -> None:
    with pytest.raises(InvalidRequest, match="no longer supported") as caught:
        choose_type(None, (INSTANCE, BINDING), mints_instance_secrets=False)
    assert caught.value.violations[0].allowed == "binding-secret"
    assert choose_type(BINDING, (INSTANCE, BINDING), mints_instance_secrets=False) is BINDING
