"""Master keys and data keys can be replaced, step by step and repeatedly (D-12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from broker.authentication.secret import SecretAuthenticator
from broker.authentication.session import Sessions
from broker.errors import ConfigurationError, IntegrityViolated
from broker.store.credentials.lookup import StoredCredentials
from broker.store.logon.purge import purge_user_data
from broker.store.sealing.data_keys import DataKeys, Purpose
from broker.store.sealing.key_maintenance import list_keys, retire, rewrap, rotate
from broker.store.sealing.owned_columns import sealed_columns
from broker.store.sealing.reseal import Reseal
from broker.store.sealing.sealed_values import digested_text
from broker.store.tables.core import credential
from tests.support.domain import CALLER, MASTER_KEYS, OPERATOR
from tests.support.user_grants import UserGrants

if TYPE_CHECKING:
    from broker.store.sealing.sealed import Sealer
    from tests.support.domain import Domain

NEW = {"new": bytes(range(32, 64))}
NOW = timedelta()
TYPES = ["instance-secret", "binding-secret"]
DESCRIPTOR: dict[str, Any] = {
    "xsappname": "app",
    "oauth2-configuration": {"credential-types": TYPES},
}
OWN = {"credential-type": "binding-secret"}


def reseal(domain: Domain) -> tuple[int, int, int]:
    done = Reseal(domain.engine, domain.keys)(OPERATOR, lambda _: None)
    return done.values, done.digests, len(done.without_text)


def accepted_with(domain: Domain, keys: DataKeys, credentials: dict[str, Any]) -> bool:
    """Return whether a server with these keys accepts the credentials."""
    authenticator = SecretAuthenticator(StoredCredentials(domain.engine), keys)
    client = authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])
    return bool(client.client.client_id == credentials["clientid"])


def test_a_master_key_is_replaced(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    key = domain.bind("i", "b")
    both = DataKeys(domain.engine, NEW | MASTER_KEYS)
    assert rewrap(domain.engine, both, OPERATOR) == 2
    assert rewrap(domain.engine, both, OPERATOR) == 0  # nothing is left to do
    with pytest.raises(ConfigurationError, match="key new is missing"):
        DataKeys(domain.engine, MASTER_KEYS).load()
    alone = DataKeys(domain.engine, NEW)
    assert accepted_with(domain, alone, key)
    assert domain.accepts(key)  # a running server is not affected


def test_rewrapping_needs_the_old_master_key(domain: Domain) -> None:
    with pytest.raises(ConfigurationError, match="key test is missing"):
        rewrap(domain.engine, DataKeys(domain.engine, NEW), OPERATOR)


def test_data_keys_are_replaced(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    shared, own = domain.bind("i", "b1"), domain.bind("i", "b2", OWN)
    before = {state.id for state in list_keys(domain.engine)}
    rotate(domain.engine, domain.keys, list(Purpose), OPERATOR)
    # Two payloads, the instance secret and the signing key; two digests.
    assert reseal(domain) == (4, 2, 0)
    assert reseal(domain) == (0, 0, 0)
    assert {state.uses for state in list_keys(domain.engine) if state.id in before} == {0}
    count, kept = retire(domain.engine, timedelta(hours=1), OPERATOR)
    assert (count, len(kept)) == (0, 2)  # just superseded
    assert retire(domain.engine, NOW, OPERATOR) == (2, [])
    assert domain.accepts(shared)
    assert domain.accepts(own)
    assert domain.bind("i", "b1") == shared
    fresh = DataKeys(domain.engine, MASTER_KEYS)
    assert accepted_with(domain, fresh, own)


def test_a_hidden_secret_keeps_its_key(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    domain.bind("i", "b", OWN | {"hide-secret": True})
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    done = Reseal(domain.engine, domain.keys)(OPERATOR, lambda _: None)
    assert (done.values, done.digests, done.without_text) == (0, 0, ["b of i"])
    count, kept = retire(domain.engine, NOW, OPERATOR)
    assert (count, [state.uses for state in kept]) == (0, [1])
    domain.unbind("i", "b")
    assert retire(domain.engine, NOW, OPERATOR) == (1, [])


def test_a_previous_secret_keeps_its_key(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b")
    domain.rotate_.rotate(CALLER, "i", timedelta(days=7))
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    reseal(domain)
    assert retire(domain.engine, NOW, OPERATOR)[0] == 0
    assert domain.accepts(old)


def test_grants_of_users_keep_their_key(domain: Domain) -> None:
    """D-52: their text is stored nowhere, so that they cannot be digested again."""
    grants = UserGrants(domain, {"rotates_refresh_tokens": True})
    refresh_token, code = grants.started().refresh_token, grants.code()
    sessions, user = Sessions(domain.transactions, domain.clock), grants.user
    domain.transactions.run(lambda store: sessions.begin(store, user, ("pwd",)))
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    reseal(domain)
    count, kept = retire(domain.engine, NOW, OPERATOR)
    assert (count, [state.uses for state in kept]) == (0, [3])
    second = grants.refresh(refresh_token).refresh_token
    assert grants.refresh(refresh_token).refresh_token == second
    assert grants.exchange(code).refresh_token
    end = domain.clock.now() + timedelta(days=30)
    assert purge_user_data(domain.engine, end)
    assert retire(domain.engine, NOW, OPERATOR) == (1, [])


def test_after_the_overlap_the_previous_secret_releases_its_key(domain: Domain) -> None:
    domain.clock.time = datetime.now(UTC) - timedelta(days=8)
    domain.provision("i", DESCRIPTOR)
    domain.bind("i", "b")
    domain.rotate_.rotate(CALLER, "i", timedelta(days=7))
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    reseal(domain)
    assert retire(domain.engine, NOW, OPERATOR) == (1, [])
    assert domain.accepts(domain.bind("i", "b"))


def test_concurrent_changes_take_precedence(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret is rotated between reading and writing."""
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b")
    rotate(domain.engine, domain.keys, list(Purpose), OPERATOR)
    work = Reseal(domain.engine, domain.keys)

    def rotated_meanwhile(row: Any, sealer: Sealer) -> str | None:
        text = digested_text(row, sealer)
        domain.rotate_.rotate(CALLER, "i", timedelta(days=7))
        return text

    monkeypatch.setattr("broker.store.sealing.reseal.digested_text", rotated_meanwhile)
    assert work(OPERATOR, lambda _: None).digests == 0
    assert domain.accepts(old)
    assert domain.accepts(domain.bind("i", "b"))


def test_a_manipulated_row_is_never_resealed(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    domain.bind("i", "b")
    with domain.engine.begin() as connection:
        connection.execute(update(credential).values(digest=bytes(32)))
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    with pytest.raises(IntegrityViolated, match="owner or the digest"):
        reseal(domain)


def test_other_hosts_seal_with_the_new_key_soon(domain: Domain) -> None:
    host = DataKeys(domain.engine, MASTER_KEYS, reload_after=0)
    first = host.newest_seal_key().id
    rotate(domain.engine, domain.keys, [Purpose.SEAL], OPERATOR)
    host.refresh()
    assert host.newest_seal_key().id == domain.keys.newest_seal_key().id != first


def test_every_column_of_envelopes_is_found() -> None:
    found = {(each.table.name, each.column.name) for each in sealed_columns()}
    assert found >= {
        ("service_binding", "sealed_payload"),
        ("credential", "sealed_secret"),
        ("signing_key", "sealed_private_key"),
    }


def test_progress_covers_everything(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    domain.bind("i", "b")
    work, seen = Reseal(domain.engine, domain.keys), list[int]()
    work(OPERATOR, seen.append)
    assert sum(seen) == work.total()


def test_a_swapped_digest_is_worthless(domain: Domain) -> None:
    """D-13: write access to the database is not enough to copy a secret to another row."""
    domain.provision("i", DESCRIPTOR)
    keys = [domain.bind("i", name, OWN) for name in ("b1", "b2")]
    with domain.engine.begin() as connection:
        rows = connection.execute(select(credential.c.id, credential.c.digest)).all()
        for row, other in zip(rows, reversed(rows), strict=True):
            connection.execute(
                update(credential).where(credential.c.id == row.id).values(digest=other.digest)
            )
    assert not any(domain.accepts(key) for key in keys)


def test_a_credential_given_to_another_client_is_worthless(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    domain.provision("j", DESCRIPTOR | {"xsappname": "other"})
    mine, other = domain.bind("i", "b", OWN), domain.bind("j", "c", OWN)
    with domain.engine.begin() as connection:
        rows = connection.execute(select(credential.c.id, credential.c.client_row_id)).all()
        clients = [row.client_row_id for row in reversed(rows)]
        for row, client_row_id in zip(rows, clients, strict=True):
            connection.execute(
                update(credential)
                .where(credential.c.id == row.id)
                .values(client_row_id=client_row_id)
            )
    assert not domain.accepts(mine | {"clientid": other["clientid"]})
    assert not domain.accepts(mine)
