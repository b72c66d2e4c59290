"""The last administrator of a zone stays (I-160)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from broker.authorization.collections.assign import AssignCollections, Terms
from broker.authorization.collections.names import ADMINISTRATORS
from broker.authorization.collections.protection import keeping_an_administrator
from broker.errors import StateConflict
from broker.identity.providers.administer import NewProvider, ProviderChanges, Providers
from broker.identity.users.find import UserName
from broker.identity.zone import Zone
from tests.support.domain import OPERATOR
from tests.support.role_collections import ADMINISTRATOR, assign, unassign
from tests.support.users import A_ZONE, NOW, stored_user

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from tests.support.domain import Domain


class Numbers:
    """A zone with this number of administrators."""

    def __init__(self, number: int) -> None:
        self.number = number

    def has_administrator(self, zone: Zone, now: datetime | None = None) -> bool:
        return self.number > 0


def test_only_the_last_one_is_protected_and_not_from_the_command_line() -> None:
    for actor, before, allowed in (
        (ADMINISTRATOR, 2, True),
        (ADMINISTRATOR, 1, False),
        (ADMINISTRATOR, 0, True),
        (OPERATOR, 1, True),
    ):
        numbers = Numbers(before)
        try:
            with keeping_an_administrator(numbers, actor, A_ZONE, NOW):
                numbers.number -= 1
        except StateConflict:
            assert not allowed
        else:
            assert allowed


def test_a_user_of_an_inactive_provider_is_no_administrator_left(on_sqlite: Domain) -> None:
    """Such a user cannot log on (I-45)."""
    zone = on_sqlite.provision("i").instance.client.zone
    providers = Providers(on_sqlite.transactions, on_sqlite.clock)
    configuration = {"issuer": "https://idp.example.org", "relyingPartyId": "app"}
    providers.add(OPERATOR, "1", NewProvider("corporate", configuration))
    local, other = (
        stored_user(on_sqlite, zone),
        stored_user(on_sqlite, zone, "otto", origin="corporate"),
    )
    for user in (local, other):
        assign(on_sqlite, user, ADMINISTRATORS)
    providers.change(OPERATOR, "1", "corporate", ProviderChanges(is_active=False))
    with pytest.raises(StateConflict, match="no administrator left"):
        unassign(on_sqlite, local, ADMINISTRATORS, ADMINISTRATOR)
    providers.change(OPERATOR, "1", "corporate", ProviderChanges(is_active=True))
    assert unassign(on_sqlite, local, ADMINISTRATORS, ADMINISTRATOR)


def test_the_last_administrator_gets_no_expiry(on_sqlite: Domain) -> None:
    zone = on_sqlite.provision("i").instance.client.zone
    anna, otto = (stored_user(on_sqlite, zone, name) for name in ("anna", "otto"))
    service = AssignCollections(on_sqlite.transactions)
    now = on_sqlite.transactions.read(lambda store: store.time())
    until = Terms(now + timedelta(hours=1))

    def expire(actor: Actor, name: str) -> bool:
        return service.assign(actor, UserName("1", name), ADMINISTRATORS, until)

    assign(on_sqlite, anna, ADMINISTRATORS)
    assert expire(ADMINISTRATOR, otto.name)
    with pytest.raises(StateConflict, match="no administrator left"):
        expire(ADMINISTRATOR, anna.name)
    assert expire(OPERATOR, anna.name)


def test_two_removals_at_once_leave_an_administrator(domain: Domain) -> None:
    zone = domain.provision("i").instance.client.zone
    users = [stored_user(domain, zone, name) for name in ("anna", "otto")]
    for user in users:
        assign(domain, user, ADMINISTRATORS)
    barrier = Barrier(2)

    def remove(index: int) -> bool:
        barrier.wait()
        try:
            return unassign(domain, users[index], ADMINISTRATORS, ADMINISTRATOR)
        except StateConflict:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, range(2))) == [False, True]


def test_a_user_of_an_inactive_provider_is_no_other_administrator(domain: Domain) -> None:
    """I-45: the remaining administrator could obtain no token."""
    zone = domain.provision("i").instance.client.zone
    anna = stored_user(domain, zone)
    otto = stored_user(domain, zone, "otto", origin="corporate")
    for user in (anna, otto):
        assign(domain, user, ADMINISTRATORS)
    with pytest.raises(StateConflict):
        unassign(domain, anna, ADMINISTRATORS, ADMINISTRATOR)
    assert unassign(domain, otto, ADMINISTRATORS, ADMINISTRATOR)


def test_the_error_says_what_to_do() -> None:
    numbers = Numbers(1)
    with (
        pytest.raises(StateConflict, match="Make another active user administrator first"),
        keeping_an_administrator(numbers, ADMINISTRATOR, A_ZONE, NOW),
    ):
        numbers.number = 0
