"""Certificates in the database: lookup, similar ones, renewal in one statement (D-03, H-32)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from broker.credentials.digest import certificate_text, digest
from broker.credentials.kind import CertificateCredential
from broker.store.credentials.certificates import StoredCertificates
from broker.store.tables.core import credential
from tests.support.instances import START, a_binding

if TYPE_CHECKING:
    from broker.identity.client import Client
    from tests.support.domain import Domain

DAY = timedelta(days=1)
PINNED = CertificateCredential("thumbprint", "names-1", START, START + 7 * DAY, "path")
BY_NAMES = CertificateCredential("names-2", "names-2", START, START + 7 * DAY, "path")


@pytest.fixture
def client(on_sqlite: Domain) -> Client:
    """The client of an instance with two certificates."""
    instance = on_sqlite.provision("i", {"xsappname": "app"}).instance
    for number, each in enumerate((PINNED, BY_NAMES)):
        binding = a_binding(
            row_id=number + 1,
            binding_id=f"b{number}",
            instance_row_id=instance.row_id,
            credential_type="x509",
        )

        def work(found: Any, binding: Any = binding, each: Any = each) -> None:
            found.bindings.add(instance, binding)
            found.certificates.add(instance.client, binding, each, START)

        on_sqlite.transactions.run(work)
    return instance.client


def test_rows_are_found_by_client_and_any_of_the_keys(on_sqlite: Domain, client: Client) -> None:
    stored = StoredCertificates(on_sqlite.engine)
    found = stored.find(client.client_id, "thumbprint", "names-2")
    assert {each.certificate for each in found} == {PINNED, BY_NAMES}
    assert {each.credential.client for each in found} == {client}
    assert stored.find(client.client_id, "", "names-1") == []
    assert stored.find("sb-other!t1", "thumbprint", "") == []
    assert stored.find("", "thumbprint", "") == []


def test_the_digest_binds_row_client_and_issuer(on_sqlite: Domain, client: Client) -> None:
    """D-13."""
    [found] = StoredCertificates(on_sqlite.engine).find(client.client_id, "thumbprint", "")
    stored = found.credential
    key = on_sqlite.keys.digest_key(stored.digest_key_id)
    text = certificate_text("thumbprint", "path")
    assert stored.digest == digest(key.secret, stored.row_id, client.client_id, "x509", text)


@pytest.mark.parametrize(
    ("lookup", "names", "count"),
    [("thumbprint", "new", 1), ("new", "names-1", 1), ("names-2", "names-2", 1), ("new", "new", 0)],
)
def test_similar_ones_have_the_same_key_or_names(
    on_sqlite: Domain, client: Client, lookup: str, names: str, count: int
) -> None:
    added = CertificateCredential(lookup, names, START, START)
    found = on_sqlite.transactions.read(lambda each: each.certificates.find_similar(client, added))
    assert len(found) == count


@pytest.mark.parametrize(
    ("later", "young", "counts", "is_written"),
    [
        (DAY, False, True, True),
        (timedelta(0), False, True, True),
        (-DAY, False, False, False),
        (-DAY, True, True, False),
    ],
)
def test_a_renewed_certificate_advances_the_row_and_an_older_one_does_not(
    on_sqlite: Domain,
    client: Client,
    later: timedelta,
    *,
    young: bool,
    counts: bool,
    is_written: bool,
) -> None:
    stored = StoredCertificates(on_sqlite.engine)
    [found] = stored.find(client.client_id, "", "names-2")
    begins, ends = START + later, START + later + 30 * DAY
    row_id = found.credential.row_id
    assert stored.advance(row_id, not_before=begins, not_after=ends, young=young) == counts
    [after] = stored.find(client.client_id, "", "names-2")
    expected = (begins, ends) if is_written else (START, START + 7 * DAY)
    assert (after.certificate.not_before, after.certificate.not_after) == expected


def test_a_deleted_binding_has_no_row_to_advance(on_sqlite: Domain, client: Client) -> None:
    stored = StoredCertificates(on_sqlite.engine)
    assert not stored.advance(99, not_before=START, not_after=START, young=True)


def test_a_row_that_cannot_be_read_is_none(on_sqlite: Domain, client: Client) -> None:
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(credential).values(type="a-type-of-a-newer-version"))
        assert len(connection.execute(select(credential)).all()) == 2
    assert StoredCertificates(on_sqlite.engine).find(client.client_id, "thumbprint", "") == []
