"""A stored credential belongs to its client and binding only with a valid code (D-52)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.authentication.client import PreviousDigest, StoredCredential
from broker.authentication.secret import SecretAuthenticator
from broker.credentials.digest import digest
from broker.credentials.owner_mac import owner_mac, previous_owner_mac
from broker.descriptor.model import CredentialType
from broker.errors import AuthenticationFailed
from tests.support.digest_keys import FixedDigestKey, FixedDigestKeys
from tests.support.instances import START, an_oauth_client

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from broker.authentication.secret import FoundCredential, LookupKey

KEY = FixedDigestKey(1, b"k" * 32, is_owner_bound=True)
TYPE, CLIENT = CredentialType.BINDING_SECRET, an_oauth_client()


def digest_of(secret: str) -> bytes:
    return digest(KEY.secret, 5, CLIENT.client_id, TYPE, secret)


STORED = StoredCredential(5, TYPE, digest_of("present"), KEY.id, 1, CLIENT, "guid", 6)
STORED = replace(STORED, owner_mac=owner_mac(KEY.secret, STORED.owner, STORED.digest))
FORMER = digest_of("former")
PREVIOUS = PreviousDigest(
    FORMER, KEY.id, START, previous_owner_mac(KEY.secret, STORED.owner, FORMER, START)
)


KEYS = FixedDigestKeys((KEY,))


class Row:
    """Finds one row for every client."""

    def __init__(self, row: StoredCredential) -> None:
        self.row = row

    def find(self, keys: Sequence[LookupKey]) -> list[FoundCredential]:
        return [self.row for _ in keys]


def accepts(row: StoredCredential, secret: str) -> bool:
    authenticator = SecretAuthenticator(Row(row), KEYS)
    try:
        return authenticator.authenticate(CLIENT.client_id, secret).credential_id == 5
    except AuthenticationFailed:
        return False


@pytest.mark.parametrize(
    "changes",
    [
        {"generation": 2},
        {"lookup": "other"},
        {"binding_row_id": 7},
        {"client": an_oauth_client(row_id=12)},
        {"owner_mac": None},
        {"owner_mac": bytes(32)},
        {"digest_key_id": 2},
    ],
)
def test_a_row_of_another_owner_is_refused(changes: dict[str, Any]) -> None:
    assert STORED.has_owner(KEYS)
    assert accepts(STORED, "present")
    changed = replace(STORED, **changes)
    assert not changed.has_owner(KEYS)
    assert not accepts(changed, "present")


def test_a_previous_digest_of_another_owner_is_refused() -> None:
    assert accepts(replace(STORED, previous=PREVIOUS), "former")
    for previous in (
        replace(PREVIOUS, owner_mac=None),
        replace(PREVIOUS, owner_mac=STORED.owner_mac),
        replace(PREVIOUS, until=START.replace(year=2031)),
        replace(PREVIOUS, digest_key_id=2),
    ):
        row = replace(STORED, previous=previous)
        assert not accepts(row, "former")
        assert accepts(row, "present")
    assert not accepts(replace(STORED, previous=PREVIOUS, generation=2), "former")
