"""The decision on a presented secret, with lookups and keys in memory (D-02, D-03, D-13, D-17)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from broker.authentication import secret as module
from broker.authentication.client import PreviousDigest, StoredCredential, UnreadableCredential
from broker.authentication.secret import SecretAuthenticator
from broker.credentials.digest import digest, revocation_signature
from broker.descriptor.model import CredentialType
from broker.errors import AuthenticationFailed
from tests.support.digest_keys import NEWEST, OLDEST, FixedDigestKeys
from tests.support.instances import START, an_oauth_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authentication.secret import FoundCredential, LookupKey

GUID = "0a1b2c3d-0000-4000-8000-000000000001"
SECRET = f"{GUID}$" + "A" * 43 + "="
OLD_SECRET = f"{GUID}$" + "B" * 43 + "="
CLIENT = "sb-app!t7"
TYPE = CredentialType.BINDING_SECRET


def digest_of(secret: str, key_id: int, *, row_id: int = 5, client_id: str = CLIENT) -> bytes:
    key = FixedDigestKeys().digest_key(key_id)
    return digest(key.secret, row_id, client_id, TYPE, secret)


STORED = StoredCredential(
    row_id=5,
    type=TYPE,
    digest=digest_of(SECRET, OLDEST.id),
    digest_key_id=OLDEST.id,
    generation=3,
    client=an_oauth_client(),
    lookup=GUID,
    binding_row_id=6,
)


@dataclass
class Rows:
    """One row by its key; records lookups."""

    row: FoundCredential = STORED
    asked: list[LookupKey] = field(default_factory=list)

    def find(self, keys: Sequence[LookupKey]) -> list[FoundCredential]:
        self.asked += keys
        return [self.row if key == (CLIENT, GUID) else None for key in keys]


def authenticator(row: FoundCredential = STORED) -> SecretAuthenticator:
    return SecretAuthenticator(Rows(row), FixedDigestKeys())


def refusal(row: FoundCredential, secret: str = SECRET, client_id: str = CLIENT) -> int | None:
    """Return the row named in the refusal."""
    with pytest.raises(AuthenticationFailed) as refused:
        authenticator(row).authenticate(client_id, secret)
    return refused.value.credential_id


def test_the_right_secret_authenticates_its_client() -> None:
    client = authenticator().authenticate(CLIENT, SECRET)
    assert client.client == STORED.client
    assert (client.credential_id, client.credential_type) == (5, TYPE)
    assert not client.by_previous_secret
    assert client.certificate_thumbprint is None


def test_tokens_are_marked_with_the_newest_key_and_the_generation() -> None:
    """D-32: regardless of the key that digested the credential."""
    client = authenticator().authenticate(CLIENT, SECRET)
    assert client.revocation_signature == revocation_signature(NEWEST.secret, 5, 3)


def test_a_wrong_secret_of_a_known_row_names_the_row() -> None:
    assert refusal(STORED, OLD_SECRET) == 5


def test_an_unknown_client_or_lookup_names_no_row() -> None:
    assert refusal(None) is None
    assert refusal(STORED, client_id="sb-other!t7") is None
    assert refusal(STORED, "not-a-binding-secret") is None


@pytest.mark.parametrize("client_id", ["", "app!t7", "sb-app!t7 ", "sb-app!t7\n", "' OR 1=1"])
def test_an_invalid_client_id_is_looked_up_as_none(client_id: str) -> None:
    rows = Rows()
    with pytest.raises(AuthenticationFailed):
        SecretAuthenticator(rows, FixedDigestKeys()).authenticate(client_id, SECRET)
    assert rows.asked == [("", GUID)]


def test_a_type_that_is_not_listed_is_refused_with_the_right_secret() -> None:
    """D-02."""
    client = an_oauth_client(credential_types=(CredentialType.X509,))
    assert refusal(replace(STORED, client=client)) == 5


@pytest.mark.parametrize("row_id", [5, None])
def test_a_row_that_cannot_be_read_is_refused(row_id: int | None) -> None:
    assert refusal(UnreadableCredential(row_id)) == row_id


def test_a_digest_of_another_row_or_client_is_refused() -> None:
    """D-13: copied rows authenticate no client."""
    for moved in (
        digest_of(SECRET, OLDEST.id, row_id=6),
        digest_of(SECRET, OLDEST.id, client_id="sb-other!t7"),
        digest_of(SECRET, NEWEST.id),
    ):
        assert refusal(replace(STORED, digest=moved)) == 5


def test_the_secret_before_a_rotation_is_accepted_and_distinguished() -> None:
    """D-15."""
    previous = PreviousDigest(digest_of(OLD_SECRET, NEWEST.id), NEWEST.id, START)
    rotated = authenticator(replace(STORED, previous=previous))
    assert rotated.authenticate(CLIENT, OLD_SECRET).by_previous_secret
    assert not rotated.authenticate(CLIENT, SECRET).by_previous_secret
    third = SECRET.replace("A", "C")
    with pytest.raises(AuthenticationFailed):
        rotated.authenticate(CLIENT, third)


def test_rows_of_a_batch_are_not_looked_up_again() -> None:
    rows = Rows()
    secrets = SecretAuthenticator(rows, FixedDigestKeys())
    looked_up = secrets.look_up([(CLIENT, SECRET), ("sb-other!t7", "x")])
    assert rows.asked == [(CLIENT, GUID), ("sb-other!t7", "")]
    assert secrets.authenticate(CLIENT, SECRET, looked_up).credential_id == 5
    assert len(rows.asked) == 2
    with pytest.raises(AuthenticationFailed):
        secrets.authenticate(CLIENT, OLD_SECRET, looked_up)
    assert len(rows.asked) == 3


@pytest.mark.parametrize(
    ("row", "secret"),
    [(None, SECRET), (UnreadableCredential(5), SECRET), (STORED, OLD_SECRET), (STORED, "\ud800")],
)
def test_every_refusal_costs_one_look_up_and_one_digest(
    row: FoundCredential, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-17."""
    digests: list[str] = []

    def counted(key: bytes, row_id: int, client_id: str, type_: str, secret: str) -> bytes:
        digests.append(secret)
        return digest(key, row_id, client_id, type_, secret)

    monkeypatch.setattr(module, "digest", counted)
    rows = Rows(row)
    with pytest.raises(AuthenticationFailed):
        SecretAuthenticator(rows, FixedDigestKeys()).authenticate(CLIENT, secret)
    assert (len(rows.asked), digests) == (1, [secret])
