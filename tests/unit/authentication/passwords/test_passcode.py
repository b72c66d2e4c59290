"""One-time passcodes (I-105)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.authentication.passwords import passcode as module
from broker.authentication.passwords.passcode import CheckedPasscode, Passcodes
from broker.authentication.passwords.throttle import PASSCODE
from broker.errors import TooManyFailures
from broker.store.identity.users import StoredUsers
from broker.store.tables.user_grants import passcode as table
from tests.support.users import NOW, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.client import Client
    from broker.identity.user import User
    from tests.support.domain import Domain

ADDRESS = "192.0.2.1"


class Codes:
    """Passcodes of one user."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.zone = zone_of(domain)
        self.client: Client = domain.instance("org").client
        self.anna: User = stored_user(domain, self.zone, origin="corporate")
        self.passcodes = Passcodes(domain.transactions, domain.keys)

    def create(self) -> str:
        return self.passcodes.create(self.anna, NOW, ("ext", "oauth"))

    def check(self, text: str, client: Client | None = None) -> CheckedPasscode | None:
        return self.passcodes.check(client or self.client, text, ADDRESS)

    def use(self, checked: CheckedPasscode | None) -> bool:
        assert checked is not None
        return self.domain.transactions.run(checked.complete)


@pytest.fixture
def codes(domain: Domain) -> Codes:
    return Codes(domain)


def test_a_passcode_continues_the_logon_once(codes: Codes) -> None:
    text = codes.create()
    assert len(text) == 10
    assert not set(text) & set("01OIL")
    first, second = codes.check(f" {text.lower()}\n"), codes.check(text)
    assert first is not None
    found = first.passcode
    assert (found.user.user_id, found.auth_time, found.amr) == (
        codes.anna.user_id,
        NOW,
        ("ext", "oauth"),
    )
    assert codes.use(first)
    assert not codes.use(second)
    assert codes.check(text) is None
    stored = StoredUsers(codes.domain.engine).find(codes.anna.user_id)
    assert stored is not None
    assert stored.last_logon_at is not None


def test_a_new_passcode_ends_the_earlier_one(codes: Codes) -> None:
    earlier, later = codes.create(), codes.create()
    assert codes.check(earlier) is None
    assert codes.check(later)


def test_a_passcode_is_bound_to_user_and_zone(codes: Codes) -> None:
    """D-52: a moved row matches nothing."""
    text = codes.create()
    other = zone_of(codes.domain, "other")
    assert codes.check(text, codes.domain.instance("other").client) is None
    stranger = stored_user(codes.domain, other, "bert")
    with codes.domain.engine.begin() as connection:
        connection.execute(table.update().values(id=stranger.row_id))
    assert codes.check(text, codes.domain.instance("other").client) is None
    assert codes.check(text) is None


def test_a_passcode_ends_with_the_sessions_of_its_user(codes: Codes) -> None:
    text = codes.create()
    codes.domain.transactions.run(lambda store: store.users.end_all(codes.anna, NOW))
    assert codes.check(text) is None


def test_a_passcode_of_an_earlier_epoch_is_invalid(codes: Codes) -> None:
    text = codes.passcodes.create(replace(codes.anna, token_epoch=0), NOW, ("pwd",))
    assert codes.check(text) is None


def test_a_passcode_expires(codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIFETIME", -module.LIFETIME)
    assert codes.check(codes.create()) is None


def test_attempts_are_limited_by_client_and_network(
    on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-105; uses do not count."""
    codes = Codes(on_sqlite)
    monkeypatch.setattr(module, "PASSCODE", replace(PASSCODE, free=2))
    for _ in range(4):
        assert codes.use(codes.check(codes.create()))
    text = codes.create()
    for guess in ("", "x" * 100_000):
        assert codes.check(guess) is None
    with pytest.raises(TooManyFailures):
        codes.check(text)
    assert codes.passcodes.check(codes.client, text, "198.51.100.1")
