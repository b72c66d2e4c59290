"""Operations that change what a code covers renew it; manipulated rows stay refused (D-52)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from broker.errors import IntegrityViolated
from broker.store.sealing.data_keys import Purpose
from broker.store.sealing.key_maintenance import rotate
from broker.store.sealing.owner_checks import owner_problems
from broker.store.sealing.reseal import Reseal
from broker.store.sealing.sealed_values import SealedValues
from broker.store.tables.core import credential, service_instance
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from broker.credentials.envelope import Payload
    from tests.support.domain import Domain

TYPES = {"oauth2-configuration": {"credential-types": ["instance-secret", "binding-secret"]}}


@pytest.fixture
def payloads(domain: Domain) -> list[Payload]:
    """An instance secret with a previous one, and a binding secret."""
    domain.clock.time = datetime.now(UTC)
    domain.provision("i", {"xsappname": "app", **TYPES})
    former = domain.bind("i", "b1")
    domain.rotate_.rotate(OPERATOR, "i", timedelta(days=1))
    own = domain.bind("i", "b2", {"credential-type": "binding-secret"})
    return [former, domain.bind("i", "b1"), own]


def problems(domain: Domain) -> list[str]:
    return [each.problem for each in owner_problems(SealedValues(domain.engine), domain.keys)]


def revoke_all(domain: Domain) -> None:
    client = domain.instance("i").client
    domain.transactions.run(lambda store: store.issued_tokens.revoke_all(client))


def test_revoked_tokens_renew_the_codes(domain: Domain, payloads: list[Payload]) -> None:
    revoke_all(domain)
    assert [domain.accepts(each) for each in payloads] == [True, True, True]
    assert problems(domain) == []


def test_a_revoked_previous_secret_leaves_a_valid_code(
    domain: Domain, payloads: list[Payload]
) -> None:
    domain.rotate_.revoke_previous(OPERATOR, "i")
    assert [domain.accepts(each) for each in payloads] == [False, True, True]
    with domain.engine.connect() as connection:
        assert set(connection.execute(select(credential.c.previous_owner_mac)).scalars()) == {None}
    assert problems(domain) == []


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE credential SET digest_key_id = 99 WHERE previous_until > ''",
        "UPDATE credential SET previous_digest_key_id = 99 WHERE previous_until > ''",
    ],
)
def test_a_row_whose_key_is_missing_stops_no_revocation(on_sqlite: Domain, edit: str) -> None:
    on_sqlite.clock.time = datetime.now(UTC)
    on_sqlite.provision("i", {"xsappname": "app", **TYPES})
    former = on_sqlite.bind("i", "b1")
    on_sqlite.rotate_.rotate(OPERATOR, "i", timedelta(days=1))
    own = on_sqlite.bind("i", "b2", {"credential-type": "binding-secret"})
    # Connections other than the product's do not enforce foreign keys.
    with closing(sqlite3.connect(str(on_sqlite.engine.url.database))) as connection, connection:
        connection.execute(edit)
    assert not on_sqlite.accepts(former)
    revoke_all(on_sqlite)
    assert not on_sqlite.accepts(former)
    assert on_sqlite.accepts(own)


def test_nothing_makes_a_manipulated_row_valid(on_sqlite: Domain) -> None:
    """Neither a revocation nor a rotation that keeps the previous secret."""
    on_sqlite.provision("i", {"xsappname": "app", **TYPES})
    shown = on_sqlite.bind("i", "b")
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(credential).values(generation=7))
    revoke_all(on_sqlite)
    assert not on_sqlite.accepts(shown)
    with pytest.raises(IntegrityViolated, match="the owner or the digest"):
        on_sqlite.rotate_.rotate(OPERATOR, "i", timedelta(days=1))
    with pytest.raises(IntegrityViolated, match="the owner or the digest"):
        on_sqlite.bind("i", "b")
    # Replaced without an overlap, nothing of the row is left.
    on_sqlite.rotate_.rotate(OPERATOR, "i", timedelta())
    assert on_sqlite.accepts(on_sqlite.bind("i", "b"))
    assert problems(on_sqlite) == []


def test_a_longer_overlap_in_the_database_is_refused(
    domain: Domain, payloads: list[Payload]
) -> None:
    former, current, _ = payloads
    with domain.engine.begin() as connection:
        later = domain.clock.now() + timedelta(days=300)
        shared = update(credential).where(credential.c.lookup == "")
        connection.execute(shared.values(previous_until=later))
    assert (domain.accepts(former), domain.accepts(current)) == (False, True)
    [problem] = problems(domain)
    assert problem.startswith("the owner or the previous digest of credential")


def test_an_instance_without_a_code_is_refused(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "app", **TYPES})
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(service_instance).values(owner_mac=None))
    with pytest.raises(IntegrityViolated, match="owner of service instance i was changed"):
        on_sqlite.bind("i", "b")
    assert problems(on_sqlite) == ["service instance i is not bound to an owner"]


def reseal(domain: Domain) -> None:
    rotate(domain.engine, domain.keys, list(Purpose), OPERATOR)
    Reseal(domain.engine, domain.keys)(OPERATOR, lambda _: None)


def test_resealing_makes_no_code_for_an_instance_that_lost_its_own(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "app", **TYPES})
    with on_sqlite.engine.begin() as connection:
        moved = {"platform": "other", "owner_mac": None, "owner_digest_key_id": None}
        connection.execute(update(service_instance).values(moved))
    with pytest.raises(IntegrityViolated, match="owner of service instance i was changed"):
        reseal(on_sqlite)
    assert problems(on_sqlite) == ["service instance i is not bound to an owner"]


def test_resealing_makes_no_code_for_a_previous_digest_that_lost_its_own(
    domain: Domain, payloads: list[Payload]
) -> None:
    """Such as one with a longer overlap."""
    former, *present = payloads
    with domain.engine.begin() as connection:
        later = domain.clock.now() + timedelta(days=300)
        longer = {"previous_until": later, "previous_owner_mac": None}
        shared = update(credential).where(credential.c.previous_until.is_not(None))
        connection.execute(shared.values(longer))
    reseal(domain)
    assert not domain.accepts(former)
    assert [domain.accepts(each) for each in present] == [True, True]
    [problem] = problems(domain)
    assert problem.startswith("the owner or the previous digest of credential")
