"""Requests with the same code or refresh token at the same time (I-111, I-115, D-43)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from broker.errors import GrantRefused
from broker.store.tables.user_grants import refresh_family, refresh_token
from tests.support.user_grants import UserGrants

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.tokens.grant import IssuedToken
    from tests.support.domain import Domain

THREADS = 4


@pytest.fixture
def grants(domain: Domain) -> UserGrants:
    return UserGrants(domain)


def at_once(work: Callable[[], IssuedToken]) -> list[IssuedToken | None]:
    """Return the result of each thread, None for a refused request."""
    barrier = Barrier(THREADS)

    def one(_: int) -> IssuedToken | None:
        barrier.wait()
        try:
            return work()
        except GrantRefused:
            return None

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))


def count(grants: UserGrants, table: type | object) -> int:
    with grants.domain.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_one_exchange_of_a_code_succeeds(grants: UserGrants) -> None:
    """I-111: the others end what it gave, as any second use does."""
    text = grants.code()
    results = at_once(lambda: grants.exchange(text))
    assert len([each for each in results if each is not None]) == 1
    assert count(grants, refresh_family) == 0


def test_one_successor_is_stored(grants: UserGrants) -> None:
    """I-115: instances of an application refresh at the same time."""
    grants.changes = {"rotates_refresh_tokens": True}
    text = grants.started().refresh_token
    results = at_once(lambda: grants.refresh(text))
    successors = {each.refresh_token for each in results if each is not None}
    assert len(results) == THREADS
    assert None not in results
    assert len(successors) == 1
    assert text not in successors
    assert count(grants, refresh_token) == 2
