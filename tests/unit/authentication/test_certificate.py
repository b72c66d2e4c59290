"""The decision on a presented certificate, with lookups and keys in memory (D-02, D-13, D-34)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.authentication.certificate import CertificateAuthenticator, StoredCertificate
from broker.authentication.client import StoredCredential
from broker.credentials.digest import certificate_text, digest, revocation_signature
from broker.credentials.kind import CertificateCredential
from broker.descriptor.model import CredentialType
from broker.errors import AuthenticationFailed
from broker.pki.authority import pem_of
from broker.pki.presented import ClientCertificate
from broker.pki.trust import Trust
from tests.support.digest_keys import NEWEST, OLDEST, FixedDigestKeys
from tests.support.domain import FakeClock
from tests.support.instances import START, an_oauth_client
from tests.support.pki import Holder, a_client, an_authority

if TYPE_CHECKING:
    from collections.abc import Sequence

CLIENT_ID = "sb-app!t7"
CLIENT = an_oauth_client(credential_types=(CredentialType.X509,))
HOUR = timedelta(hours=1)
AUTHORITY = an_authority(not_before=START - timedelta(days=100))
HOLDER = a_client(AUTHORITY, not_before=START - HOUR)


def presented(holder: Holder) -> ClientCertificate:
    return ClientCertificate.read(holder.der)


def stored(holder: Holder, *, pinned: bool = True, managed: bool = False) -> StoredCertificate:
    """Return the row of a binding with this certificate."""
    read = presented(holder)
    issuer_path = None if managed else pem_of([AUTHORITY.certificate])
    lookup = read.thumbprint if pinned else read.names
    text = certificate_text(lookup, issuer_path)
    return StoredCertificate(
        StoredCredential(
            row_id=5,
            type=CredentialType.X509,
            digest=digest(OLDEST.secret, 5, CLIENT_ID, CredentialType.X509, text),
            digest_key_id=OLDEST.id,
            generation=3,
            client=CLIENT,
            lookup=lookup,
            binding_row_id=6,
        ),
        CertificateCredential(lookup, read.names, read.not_before, read.not_after, issuer_path),
    )


@dataclass
class Rows:
    """Rows of one client; records lookups and advanced rows."""

    rows: Sequence[StoredCertificate]
    advances: bool = True
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    advanced: list[dict[str, Any]] = field(default_factory=list)

    def find(self, client_id: str, thumbprint: str, names: str) -> list[StoredCertificate]:
        self.asked.append((client_id, thumbprint, names))
        return [row for row in self.rows if row.certificate.lookup in {thumbprint, names}]

    def advance(self, credential_id: int, **times: Any) -> bool:
        self.advanced.append({"id": credential_id, **times})
        return self.advances


@dataclass
class Decision:
    """The authenticator's decision on these rows at this time."""

    rows: Rows
    now: datetime = START
    trusted: Sequence[Holder] = (AUTHORITY,)

    def __call__(self, holder: Holder, client_id: str = CLIENT_ID) -> Any:
        trust = Trust(None, lambda: [each.pem for each in self.trusted])
        decides = CertificateAuthenticator(self.rows, FixedDigestKeys(), trust, FakeClock(self.now))
        return decides.authenticate(client_id, holder.der)

    def refuses(self, holder: Holder, client_id: str = CLIENT_ID) -> int | None:
        """Return the row named in the refusal."""
        with pytest.raises(AuthenticationFailed) as refused:
            self(holder, client_id)
        return refused.value.credential_id


def decision(*rows: StoredCertificate, **changes: Any) -> Decision:
    return Decision(Rows(rows), **changes)


def test_the_bound_certificate_authenticates_and_binds_the_token() -> None:
    client = decision(stored(HOLDER))(HOLDER)
    assert (client.client, client.credential_id) == (CLIENT, 5)
    assert client.certificate_thumbprint == presented(HOLDER).confirmation
    assert client.revocation_signature == revocation_signature(NEWEST.secret, 5, 3)


def test_bytes_that_are_no_certificate_are_refused_before_any_look_up() -> None:
    rows = Rows([stored(HOLDER)])
    decides = CertificateAuthenticator(rows, FixedDigestKeys(), Trust(None, list), FakeClock(START))
    with pytest.raises(AuthenticationFailed):
        decides.authenticate(CLIENT_ID, b"\x30\x00")
    assert rows.asked == []


def test_a_certificate_that_is_not_bound_is_refused() -> None:
    assert decision(stored(HOLDER)).refuses(a_client(AUTHORITY, "other")) is None


def test_an_invalid_client_id_is_looked_up_as_none() -> None:
    found = decision()
    found.refuses(HOLDER, "app!t7")
    read = presented(HOLDER)
    assert found.rows.asked == [("", read.thumbprint, read.names)]


def test_a_row_that_was_changed_or_copied_is_refused() -> None:
    """D-13."""
    row = stored(HOLDER)
    foreign = an_oauth_client(client_id="sb-b!t7", credential_types=(CredentialType.X509,))
    for changed in (
        replace(row, credential=replace(row.credential, digest=bytes(32))),
        replace(row, credential=replace(row.credential, row_id=6)),
        replace(row, credential=replace(row.credential, client=foreign)),
        replace(row, credential=replace(row.credential, digest_key_id=99)),
        replace(row, certificate=replace(row.certificate, issuer_path=None)),
    ):
        assert decision(changed).refuses(HOLDER) == changed.credential.row_id


def test_a_type_that_is_not_listed_is_refused() -> None:
    """D-02."""
    row = stored(HOLDER)
    unlisted = replace(row.credential, client=an_oauth_client())
    assert decision(replace(row, credential=unlisted)).refuses(HOLDER) == 5


@pytest.mark.parametrize(
    ("at", "is_accepted"),
    [
        (presented(HOLDER).not_before - timedelta(seconds=61), False),
        (presented(HOLDER).not_before - timedelta(seconds=60), True),
        (presented(HOLDER).not_after - timedelta(seconds=1), True),
        (presented(HOLDER).not_after, False),
    ],
)
def test_its_time_has_a_minute_of_tolerance_at_the_beginning_only(
    at: datetime, *, is_accepted: bool
) -> None:
    """H-31."""
    for managed in (True, False):
        found = decision(stored(HOLDER, managed=managed), now=at)
        if is_accepted:
            assert found(HOLDER).credential_id == 5
        else:
            assert found.refuses(HOLDER) == 5


def test_the_issuer_must_be_trusted_still() -> None:
    assert decision(stored(HOLDER), trusted=[an_authority("Other")]).refuses(HOLDER) == 5
    assert decision(stored(HOLDER), trusted=[]).refuses(HOLDER) == 5


def test_a_managed_certificate_needs_no_trust_beside_its_row() -> None:
    assert decision(stored(HOLDER, managed=True), trusted=[])(HOLDER).credential_id == 5


def test_a_twin_of_the_names_by_another_key_is_refused() -> None:
    """D-34: even if the operator trusts the issuer of the forged certificate."""
    twin_authority = an_authority(not_before=START - timedelta(days=100))
    twin = a_client(twin_authority, not_before=START)
    assert presented(twin).names == presented(HOLDER).names
    found = decision(stored(HOLDER, pinned=False), trusted=[AUTHORITY, twin_authority])
    assert found.refuses(twin) == 5


def test_a_pinned_row_comes_before_one_with_the_names() -> None:
    by_names, pinned = stored(HOLDER, pinned=False), stored(HOLDER)
    pinned = replace(pinned, credential=replace(pinned.credential, row_id=6))
    text = certificate_text(pinned.certificate.lookup, pinned.certificate.issuer_path)
    of_row = digest(OLDEST.secret, 6, CLIENT_ID, CredentialType.X509, text)
    pinned = replace(pinned, credential=replace(pinned.credential, digest=of_row))
    assert decision(by_names, pinned)(HOLDER).credential_id == 6


def test_a_renewed_certificate_replaces_the_row_if_the_store_advances_it() -> None:
    """H-32: a row is young for ten minutes."""
    renewed = a_client(AUTHORITY, not_before=START - timedelta(minutes=30))
    found = decision(stored(HOLDER, pinned=False))
    assert found(renewed).credential_id == 5
    read = presented(renewed)
    assert found.rows.advanced == [
        {"id": 5, "not_before": read.not_before, "not_after": read.not_after, "young": False}
    ]
    found.rows.advances = False
    assert found.refuses(renewed) == 5


@pytest.mark.parametrize(
    ("began", "is_accepted"), [(timedelta(minutes=9), True), (timedelta(minutes=10), False)]
)
def test_an_older_certificate_is_accepted_while_it_is_young(
    began: timedelta, *, is_accepted: bool
) -> None:
    newest = a_client(AUTHORITY, not_before=START - timedelta(minutes=5))
    older = a_client(AUTHORITY, not_before=START - began)
    found = decision(stored(newest, pinned=False))
    if is_accepted:
        assert found(older).credential_id == 5
    else:
        assert found.refuses(older) == 5
    assert found.rows.advanced == []


def test_the_newest_certificate_is_accepted_however_old_without_a_write() -> None:
    found = decision(stored(HOLDER, pinned=False))
    assert found(HOLDER).credential_id == 5
    assert found.rows.advanced == []
