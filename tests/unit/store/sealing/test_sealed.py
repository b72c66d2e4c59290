"""Encryption at rest: a sealed value can be opened in its own place only (D-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from broker.errors import IntegrityViolated
from broker.store.sealing.data_keys import Purpose
from broker.store.sealing.sealed import Place, Sealer, key_id_of
from broker.store.tables.core import credential, service_binding

if TYPE_CHECKING:
    from tests.support.domain import Domain

PLACE = Place("table", "column", 1)


def test_a_sealed_value_opens_in_its_place_only(domain: Domain) -> None:
    sealer = Sealer(domain.keys)
    envelope = sealer.seal(b"content", PLACE)
    assert sealer.open(envelope, PLACE) == b"content"
    assert b"content" not in envelope
    assert sealer.seal(b"content", PLACE) != envelope
    for other in (Place("other", "column", 1), Place("table", "c", 1), Place("table", "column", 2)):
        with pytest.raises(IntegrityViolated):
            sealer.open(envelope, other)


def test_no_byte_of_an_envelope_can_be_changed(domain: Domain) -> None:
    sealer = Sealer(domain.keys)
    envelope = sealer.seal(b"content", PLACE)
    for position in range(len(envelope)):
        changed = bytearray(envelope)
        changed[position] ^= 1
        with pytest.raises(IntegrityViolated):
            sealer.open(bytes(changed), PLACE)
    for short in (b"", envelope[:5], envelope[:21], envelope[:-1]):
        with pytest.raises(IntegrityViolated):
            sealer.open(short, PLACE)


def test_a_payload_moved_to_another_binding_is_refused(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"})
    domain.bind("i", "b1")
    domain.bind("i", "b2")
    with domain.engine.begin() as connection:
        stolen = connection.execute(
            select(service_binding.c.sealed_payload).where(service_binding.c.binding_id == "b1")
        ).scalar_one()
        connection.execute(
            update(service_binding)
            .where(service_binding.c.binding_id == "b2")
            .values(sealed_payload=stolen)
        )
    with pytest.raises(IntegrityViolated):
        domain.bind("i", "b2")


def test_a_digest_moved_to_another_row_authenticates_no_client(domain: Domain) -> None:
    """D-13."""
    types = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}
    domain.provision("i", {"xsappname": "mine", **types})
    domain.provision("j", {"xsappname": "theirs", **types})
    mine, theirs = domain.bind("i", "b"), domain.bind("j", "b")
    own = mine["clientsecret"].partition("$")[0]
    with domain.engine.begin() as connection:
        digest = connection.execute(
            select(credential.c.digest, credential.c.digest_key_id).where(
                credential.c.lookup == own
            )
        ).one()
        connection.execute(
            update(credential)
            .where(credential.c.lookup != own)
            .values(digest=digest.digest, digest_key_id=digest.digest_key_id, lookup=own)
        )
    stolen_identity = {**theirs, "clientsecret": mine["clientsecret"]}
    assert not domain.accepts(stolen_identity)
    assert domain.accepts(mine)


def test_an_envelope_names_the_key_that_sealed_it(on_sqlite: Domain) -> None:
    sealer = Sealer(on_sqlite.keys)
    envelope = sealer.seal(b"content", PLACE)
    assert key_id_of(envelope) == on_sqlite.keys.newest_seal_key().id
    assert sealer.is_current(envelope)
    with on_sqlite.engine.begin() as connection:
        added = on_sqlite.keys.add(connection, Purpose.SEAL, on_sqlite.clock.now())
    on_sqlite.keys.load()
    assert not sealer.is_current(envelope)
    assert key_id_of(sealer.seal(b"content", PLACE)) == added
    assert sealer.open(envelope, PLACE) == b"content"


@pytest.mark.parametrize("row_id", [1, 11])
def test_parts_of_a_place_are_unambiguous(row_id: int) -> None:
    places = [
        Place("ab", "c", row_id),
        Place("a", "bc", row_id),
        Place("ab", f"c{row_id}", row_id),
        Place("ab", "c", int(f"1{row_id}")),
    ]
    for with_owner in (True, False):
        assert len({place.associated_data(with_owner=with_owner) for place in places}) == 4
