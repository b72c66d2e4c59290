"""Changes of the signing keys in a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import select, update

from broker.errors import KeyChangeRefused
from broker.store.tables.core import audit_event, signing_key
from broker.store.tokens.signing_keys import StoredSigningKeys
from broker.tokens.key_changes import KeyChanges
from broker.tokens.key_state import KeyState
from broker.tokens.rotation import KeyRotation, RotationPolicy
from broker.tokens.signing import KeyRing, new_signing_key
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from tests.support.domain import Domain

LEAD = timedelta(hours=1)


def rotation_of(domain: Domain, period: timedelta | None = None) -> KeyRotation:
    changes = KeyChanges(domain.transactions, StoredSigningKeys(domain.engine, domain.keys))
    return KeyRotation(changes, RotationPolicy(period, LEAD, timedelta(days=2)), new_signing_key)


def test_one_of_many_hosts_publishes_the_next_key(domain: Domain) -> None:
    """With such a short period the next key is due immediately."""
    rotation = rotation_of(domain, period=timedelta(seconds=3600, microseconds=1))
    with ThreadPoolExecutor(6) as hosts:
        found = list(hosts.map(lambda _: rotation.rotate_if_due(), range(6)))
    assert len([kid for kid in found if kid]) == 1
    assert [state for _, state in rotation.states()] == [KeyState.SIGNING, KeyState.PUBLISHED]


def test_a_change_reaches_the_ring_and_the_audit_trail(domain: Domain) -> None:
    changes = KeyChanges(domain.transactions, StoredSigningKeys(domain.engine, domain.keys))
    ring = KeyRing(changes, 0)
    first = ring.current().stored.kid
    rotation = rotation_of(domain)
    forced = rotation.rotate(OPERATOR, force=True)
    assert ring.current().stored.kid == forced.kid
    assert [key.stored.kid for key in ring.published()] == [first, forced.kid]
    after = rotation.revoke(OPERATOR, forced.kid)
    assert ring.current().stored.kid == after.kid
    assert forced.kid not in [key.stored.kid for key in ring.published()]
    with domain.engine.connect() as connection:
        events = connection.execute(
            select(audit_event.c.action, audit_event.c.actor_id, audit_event.c.subject_id).where(
                audit_event.c.subject_kind == "signing-key"
            )
        ).all()
    assert sorted(events) == [
        ("create-signing-key", "start", first),
        ("revoke-signing-key", "operator", forced.kid),
        ("rotate-signing-key", "operator", forced.kid),
    ]


def test_a_refused_change_changes_nothing(domain: Domain) -> None:
    rotation = rotation_of(domain)
    rotation.rotate(OPERATOR, force=False)
    before = rotation.states()
    with pytest.raises(KeyChangeRefused):
        rotation.rotate(OPERATOR, force=False)
    with pytest.raises(KeyChangeRefused):
        rotation.revoke(OPERATOR, "nobody")
    assert rotation.states() == before


def test_private_keys_are_sealed(domain: Domain) -> None:
    key = rotation_of(domain).rotate(OPERATOR, force=True)
    with domain.engine.connect() as connection:
        rows = connection.execute(select(signing_key)).all()
    assert key.kid in [row.kid for row in rows]
    assert all(key.private_key not in row.sealed_private_key for row in rows)


def test_a_public_key_that_was_exchanged_is_not_published(domain: Domain) -> None:
    """Otherwise applications would accept tokens signed by its owner."""
    ring = KeyRing(
        KeyChanges(domain.transactions, StoredSigningKeys(domain.engine, domain.keys)), 0
    )
    genuine = dict(ring.current().jwk)
    with domain.engine.begin() as connection:
        connection.execute(update(signing_key).values(public_key=new_signing_key().public_key))
    elsewhere = KeyRing(
        KeyChanges(domain.transactions, StoredSigningKeys(domain.engine, domain.keys)), 0
    )
    assert [dict(key.jwk) for key in elsewhere.published()] == [genuine]
    public = load_pem_public_key(genuine["value"].encode())
    assert public == elsewhere.current().private_key.public_key()
