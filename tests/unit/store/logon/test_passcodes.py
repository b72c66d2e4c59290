"""Passcodes in the database; tests/unit/authentication/passwords/test_passcode.py has the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.authentication.passwords.passcode import StoredPasscode
from tests.support.users import NOW, stored_user, zone_of

if TYPE_CHECKING:
    from tests.support.domain import Domain


def put(domain: Domain, passcode: StoredPasscode) -> None:
    domain.transactions.run(lambda store: store.passcodes.put(passcode))


def take(domain: Domain, passcode: StoredPasscode) -> bool:
    return domain.transactions.run(lambda store: store.passcodes.take(passcode))


def test_a_passcode_is_found_as_it_was_stored_and_taken_once(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain))
    key = domain.keys.newest_digest_key().id
    end = NOW + timedelta(minutes=5)
    first = StoredPasscode(user, "a", b"digest", key, NOW, ("ext", "oauth"), 3, end)
    second = replace(first, lookup="b", amr=("pwd",))
    for passcode in (first, second):
        put(domain, passcode)
    assert domain.transactions.read(lambda store: store.passcodes.find(["a", ""])) is None
    assert domain.transactions.read(lambda store: store.passcodes.find(["a", "b"])) == second
    assert domain.transactions.read(lambda store: store.passcodes.find([])) is None
    taken = [take(domain, passcode) for passcode in (first, second, second)]
    assert taken == [False, True, False]
