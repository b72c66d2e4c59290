"""Used assertions: each is recorded once, also by parallel requests (I-120)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.store.logon.purge import purge_user_data

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_an_assertion_is_used_once(domain: Domain) -> None:
    ends_at = domain.clock.now() + timedelta(minutes=10)

    def use(digest: str) -> bool:
        return domain.transactions.run(lambda store: store.used_assertions.use(digest, ends_at))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, ["a" * 64] * 4)) == [False, False, False, True]
    assert use("b" * 64)
    domain.clock.advance(minutes=10)
    assert purge_user_data(domain.engine, domain.clock.now()) == {"used_assertion": 2}
    assert use("a" * 64)
