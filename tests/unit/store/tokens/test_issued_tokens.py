"""The credential of a token as committed now, in one statement (D-32)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from broker.store.tables.core import credential
from broker.store.tokens.issued_tokens import StoredTokenOrigins
from tests.support.instances import START
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from tests.support.domain import Domain

HOUR = timedelta(hours=1)


def credential_of(domain: Domain, instance_id: str) -> int:
    domain.provision(instance_id, {"xsappname": instance_id})
    payload = domain.bind(instance_id, "b")
    client = domain.authenticator.authenticate(payload["clientid"], payload["clientsecret"])
    return client.credential_id


def test_the_credential_is_found_until_it_is_deleted(on_sqlite: Domain) -> None:
    row_id = credential_of(on_sqlite, "i")
    origins = StoredTokenOrigins(on_sqlite.engine)
    found = origins.origin(row_id, "t")
    assert found is not None
    assert found.credential.client == on_sqlite.instance("i").client
    assert not found.token_is_revoked
    assert origins.origin(row_id + 1, "t") is None
    on_sqlite.deprovision("i")
    assert origins.origin(row_id, "t") is None


def test_a_token_is_revoked_by_its_own_client_only(on_sqlite: Domain) -> None:
    mine, theirs = credential_of(on_sqlite, "i"), credential_of(on_sqlite, "j")
    client = on_sqlite.instance("i").client
    on_sqlite.transactions.run(
        lambda found: found.issued_tokens.revoke(client, "t", expires_at=START + HOUR, now=START)
    )
    origins = StoredTokenOrigins(on_sqlite.engine)
    found = [origins.origin(row_id, token) for row_id in (mine, theirs) for token in ("t", "u")]
    assert [each is not None and each.token_is_revoked for each in found] == [
        True,
        False,
        False,
        False,
    ]


def test_one_statement_asks(on_sqlite: Domain) -> None:
    row_id = credential_of(on_sqlite, "i")
    origins = StoredTokenOrigins(on_sqlite.engine)
    with statements_of(on_sqlite.engine) as statements:
        origins.origin(row_id, "t")
    assert len(statements) == 1


def test_a_credential_that_cannot_be_read_is_none(on_sqlite: Domain) -> None:
    row_id = credential_of(on_sqlite, "i")
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(credential).values(type="a-type-of-a-newer-version"))
    assert StoredTokenOrigins(on_sqlite.engine).origin(row_id, "t") is None
