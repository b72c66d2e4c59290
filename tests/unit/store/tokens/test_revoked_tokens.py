"""Revoked tokens: stored up to a limit, deleted after their expiry (D-32)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.store.tables.core import credential
from broker.store.tables.tokens import revoked_token
from broker.tokens.revocations.marks import is_revoked, revocation_mark
from broker.tokens.revocations.users import UserRevocation
from tests.support.instances import START
from tests.support.users import stored_user

if TYPE_CHECKING:
    from collections.abc import Callable

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


def only_expiry(domain: Domain) -> datetime:
    with domain.engine.connect() as connection:
        found: datetime = connection.execute(select(revoked_token.c.expires_at)).scalar_one()
        return found


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


def test_an_earlier_revocation_does_not_replace_a_later_one(domain: Domain) -> None:
    """Hosts may store marks in another order than that of their times."""
    row_id = domain.provision("i").instance.client.row_id

    def mark(hours: int) -> datetime:
        until = START + hours * HOUR
        run(domain, lambda table: table.revoke_marked(row_id, "m", expires_at=until, now=START))
        return only_expiry(domain)

    assert [mark(hours) - START for hours in (2, 3, 1)] == [2 * HOUR, 3 * HOUR, 3 * HOUR]


def test_two_hosts_that_mark_one_user_at_once(domain: Domain) -> None:
    """The host with the earlier time commits last; none fails."""
    zone = domain.provision("i", {"xsappname": "app"}).instance.client.zone
    domain.bind("i", "b")
    client, user = domain.instance("i").client, stored_user(domain, zone)
    hosts = [UserRevocation(domain.transactions, backdate=0) for _ in range(4)]
    barrier = Barrier(len(hosts))

    def revoke(host: UserRevocation) -> bool:
        barrier.wait()
        return host.revoke_at(client, user.user_id, client.client_id)

    before = datetime.now(UTC)
    with ThreadPoolExecutor(len(hosts)) as pool:
        assert list(pool.map(revoke, hosts)) == [True] * len(hosts)
    [mark] = remembered(domain)
    assert mark == revocation_mark(client.client_id, user.user_id)
    assert is_revoked(int(before.timestamp()), only_expiry(domain))


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
