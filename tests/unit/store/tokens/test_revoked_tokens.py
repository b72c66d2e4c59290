"""Revoked tokens: stored up to a limit, deleted after their expiry (D-32)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.store.tables.core import credential
from broker.store.tables.tokens import revoked_token
from tests.support.instances import START

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from broker.identity.client import Client
    from broker.store.tokens.revoked_tokens import RevokedTokenTable
    from tests.support.domain import Domain

HOUR = timedelta(hours=1)


@pytest.fixture
def client(on_sqlite: Domain) -> Client:
    """The client of an instance with a credential."""
    on_sqlite.provision("i", {"xsappname": "app"})
    on_sqlite.bind("i", "b")
    return on_sqlite.instance("i").client


def run(domain: Domain, work: Callable[[RevokedTokenTable], Any]) -> Any:
    return domain.transactions.run(lambda found: work(found.issued_tokens))


def revoke(
    domain: Domain, client: Client, token: str, now: datetime = START, limit: int | None = 2
) -> bool:
    until = now + HOUR
    return bool(
        run(
            domain,
            lambda table: table.revoke(client, token, expires_at=until, now=now, limit=limit),
        )
    )


def remembered(domain: Domain) -> list[str]:
    with domain.engine.connect() as connection:
        return sorted(connection.execute(select(revoked_token.c.token_id)).scalars())


def test_tokens_are_remembered_up_to_the_limit(on_sqlite: Domain, client: Client) -> None:
    assert [revoke(on_sqlite, client, token) for token in "abc"] == [True, True, False]
    assert revoke(on_sqlite, client, "a")
    assert remembered(on_sqlite) == ["a", "b"]
    assert revoke(on_sqlite, client, "c", limit=None)


def test_a_full_table_keeps_the_marks_it_has(on_sqlite: Domain, client: Client) -> None:
    """A mark is renewed in place: it must not be lost to the limit."""

    def mark(name: str) -> bool:
        return bool(
            run(
                on_sqlite,
                lambda table: table.revoke_marked(
                    client.row_id, name, expires_at=START + HOUR, now=START, limit=1
                ),
            )
        )

    assert mark("m")
    assert revoke(on_sqlite, client, "a", limit=None)
    assert [mark("m"), mark("other")] == [True, False]
    assert remembered(on_sqlite) == ["a", "m"]


def test_other_clients_have_limits_of_their_own(on_sqlite: Domain, client: Client) -> None:
    other = on_sqlite.provision("j", {"xsappname": "other"}).instance.client
    assert revoke(on_sqlite, client, "a", limit=1)
    assert revoke(on_sqlite, other, "b", limit=1)


def test_expired_tokens_free_slots(on_sqlite: Domain, client: Client) -> None:
    assert revoke(on_sqlite, client, "a", limit=1)
    assert not revoke(on_sqlite, client, "b", START + HOUR - timedelta(seconds=1), 1)
    assert revoke(on_sqlite, client, "b", START + HOUR, 1)
    assert remembered(on_sqlite) == ["b"]


def test_all_tokens_end_by_a_new_generation(on_sqlite: Domain, client: Client) -> None:
    other = on_sqlite.provision("j", {"xsappname": "other"}).instance.client
    on_sqlite.bind("j", "b")
    for of, token in ((client, "a"), (other, "b")):
        revoke(on_sqlite, of, token)
    run(on_sqlite, lambda table: table.revoke_all(client))
    with on_sqlite.engine.connect() as connection:
        rows = connection.execute(select(credential.c.client_row_id, credential.c.generation))
        assert {row.client_row_id: row.generation for row in rows} == {
            client.row_id: 2,
            other.row_id: 1,
        }
    assert remembered(on_sqlite) == ["b"]
