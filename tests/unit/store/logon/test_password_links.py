"""Links in the database; tests/unit/authentication/passwords/test_links.py has the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.authentication.passwords.links import StoredLink
from tests.support.users import NOW, stored_user, zone_of

if TYPE_CHECKING:
    from tests.support.domain import Domain


def put(domain: Domain, link: StoredLink) -> None:
    domain.transactions.run(lambda store: store.password_links.put(link))


def take(domain: Domain, lookup: str) -> bool:
    return domain.transactions.run(lambda store: store.password_links.take(lookup))


def test_a_link_is_found_as_it_was_stored_and_taken_once(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain))
    key = domain.keys.newest_digest_key().id
    end = NOW + timedelta(hours=24)
    first = StoredLink(user, "a", b"digest", key, "setup", "operator", NOW, end)
    second = replace(first, lookup="b", purpose="reset")
    for link in (first, second):
        put(domain, link)
    assert domain.transactions.read(lambda store: store.password_links.find("a")) is None
    assert domain.transactions.read(lambda store: store.password_links.find("b")) == second
    taken = [take(domain, lookup) for lookup in ("a", "b", "b")]
    assert taken == [False, True, False]
