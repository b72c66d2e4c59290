"""Encryption at rest: a sealed value can be opened in its own place only (D-12)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from broker.errors import BrokerError, ConfigurationError, IntegrityViolated
from broker.store.bootstrap import create_missing_keys
from broker.store.sealing.data_keys import DataKeys
from broker.store.sealing.sealed import Place, Sealer
from broker.store.tables.core import credential, data_key, service_binding, signing_key
from broker.tokens.signing import new_signing_key
from tests.support.domain import MASTER_KEYS

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


def test_a_digest_moved_to_another_row_authenticates_nobody(domain: Domain) -> None:
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


def test_a_missing_or_wrong_master_key_is_a_clear_refusal(domain: Domain) -> None:
    for keys, words in (
        ({"other": bytes(32)}, "key test is missing"),
        ({"test": os.urandom(32)}, "key test differs from"),
    ):
        with pytest.raises(ConfigurationError, match=f"XSUAA_MASTER_KEYS: {words}"):
            DataKeys(domain.engine, keys).load()


def test_a_new_first_master_key_keeps_old_keys_usable(domain: Domain) -> None:
    keys = DataKeys(domain.engine, {"new": os.urandom(32), **MASTER_KEYS})
    sealed = Sealer(domain.keys).seal(b"content", PLACE)
    assert Sealer(keys).open(sealed, PLACE) == b"content"


def test_keys_are_created_once(domain: Domain) -> None:
    keys = DataKeys(domain.engine, MASTER_KEYS)
    create_missing_keys(domain.engine, keys, new_signing_key, domain.clock.now())
    with domain.engine.connect() as connection:
        purposes = connection.execute(select(data_key.c.purpose)).scalars().all()
        assert sorted(purposes) == ["digest", "seal"]
        assert connection.execute(select(func.count()).select_from(signing_key)).scalar() == 1


def test_data_keys_of_another_host_are_found(domain: Domain) -> None:
    late = DataKeys(domain.engine, MASTER_KEYS)
    late.load()
    envelope = Sealer(domain.keys).seal(b"content", PLACE)
    assert Sealer(late).open(envelope, PLACE) == b"content"
    with pytest.raises(BrokerError, match="does not exist"):
        late.seal_key(12345)
