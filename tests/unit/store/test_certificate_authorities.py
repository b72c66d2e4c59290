"""CAs in the database: sealed keys, and certificates for the trust store."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.pki.authority import new_root, pem_of
from broker.pki.issuing import Role, StoredAuthority
from broker.store.certificate_authorities import OwnAuthorities
from broker.store.tables.core import certificate_authority
from tests.support.instances import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.store.certificate_authorities import AuthorityTable
    from tests.support.domain import Domain


def authority(role: Role, key: bytes | None, **later: float) -> StoredAuthority:
    pem = pem_of([new_root("Test", START).certificate])
    return StoredAuthority(role, pem, key, START + timedelta(**later))


ROOT = authority(Role.ROOT, b"root-key", hours=1)
SUPPLIED = authority(Role.SUPPLIED, None)


def run(domain: Domain, work: Callable[[AuthorityTable], Any]) -> Any:
    return domain.transactions.run(lambda found: work(found.authorities))


@pytest.fixture
def stored(on_sqlite: Domain) -> Domain:
    """A database with two authorities, added in one transaction."""

    def add(table: AuthorityTable) -> list[StoredAuthority]:
        table.lock()
        table.add(ROOT)
        table.add(SUPPLIED)
        return table.added

    assert run(on_sqlite, add) == [ROOT, SUPPLIED]
    return on_sqlite


def test_they_are_read_the_oldest_first_with_their_keys(stored: Domain) -> None:
    assert run(stored, lambda table: table.all()) == [SUPPLIED, ROOT]
    assert run(stored, lambda table: table.added) == []


def test_certificates_are_trusted_as_committed_now(stored: Domain) -> None:
    own = OwnAuthorities(stored.engine)
    assert own() == [SUPPLIED.certificate, ROOT.certificate]
    late = authority(Role.INTERMEDIATE, b"late", hours=2)
    run(stored, lambda table: table.add(late))
    assert own()[2:] == [late.certificate]


def test_keys_are_stored_sealed_until_they_are_deleted(stored: Domain) -> None:
    with stored.engine.connect() as connection:
        rows = connection.execute(select(certificate_authority)).all()
    assert not any(b"root-key" in (row.sealed_private_key or b"") for row in rows)
    run(stored, lambda table: table.delete_key(ROOT))
    assert [each.private_key for each in run(stored, lambda table: table.all())] == [None, None]
