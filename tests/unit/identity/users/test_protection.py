"""The last administrator of a zone stays (I-160)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from broker.authorization.collections.assign import AssignCollections, Terms
from broker.authorization.collections.names import ADMINISTRATORS
from broker.errors import StateConflict
from broker.identity.providers.administer import NewProvider, ProviderChanges, Providers
from broker.identity.users.find import UserName
from broker.identity.users.protection import keeping_an_administrator
from broker.identity.zone import Zone
from tests.support.domain import OPERATOR
from tests.support.role_collections import ADMINISTRATOR, assign, unassign
from tests.support.users import A_ZONE, NOW, stored_user

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.identity.user import User
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


def corporate_administrators(domain: Domain) -> tuple[Providers, User]:
    """Return the service and a user; one of provider ``corporate`` is the only administrator."""
    zone = domain.provision("i").instance.client.zone
    providers = Providers(domain.transactions, domain.clock)
    for name in ("corporate", "other"):
        configuration = {"issuer": f"https://{name}.example.org", "relyingPartyId": "app"}
        providers.add(OPERATOR, "1", NewProvider(name, configuration))
    for name in ("anna", "otto"):
        assign(domain, stored_user(domain, zone, name, origin="corporate"), ADMINISTRATORS)
    return providers, stored_user(domain, zone)


INACTIVE = ProviderChanges(is_active=False)


def test_the_provider_of_the_only_administrators_stays(domain: Domain) -> None:
    """I-160: neither switched off nor deleted, except by the command line."""
    providers, local = corporate_administrators(domain)
    assert providers.has_only_administrators("1", "corporate")
    assert not providers.has_only_administrators("1", "other")
    for remove in (
        lambda actor: providers.change(actor, "1", "corporate", INACTIVE),
        lambda actor: providers.delete(actor, "1", "corporate"),
    ):
        before = providers.one("1", "corporate")
        with pytest.raises(StateConflict, match="no administrator left"):
            remove(ADMINISTRATOR)
        assert providers.one("1", "corporate") == before
    providers.change(ADMINISTRATOR, "1", "corporate", ProviderChanges(name="Corporate"))
    providers.change(ADMINISTRATOR, "1", "other", INACTIVE)
    providers.delete(ADMINISTRATOR, "1", "other")
    assign(domain, local, ADMINISTRATORS)
    assert not providers.has_only_administrators("1", "corporate")
    providers.change(ADMINISTRATOR, "1", "corporate", INACTIVE)
    assert providers.delete(ADMINISTRATOR, "1", "corporate").users == 2
    with pytest.raises(StateConflict, match="no administrator left"):
        providers.change(ADMINISTRATOR, "1", "sap.default", INACTIVE)
    assert not providers.change(OPERATOR, "1", "sap.default", INACTIVE).is_active


def test_the_command_line_deletes_the_only_administrators(on_sqlite: Domain) -> None:
    providers, _ = corporate_administrators(on_sqlite)
    providers.change(OPERATOR, "1", "corporate", INACTIVE)
    assert not providers.has_only_administrators("1", "corporate"), "they cannot log on"
    providers.change(ADMINISTRATOR, "1", "corporate", ProviderChanges(is_active=True))
    assert providers.delete(OPERATOR, "1", "corporate").users == 2


def test_the_last_administrator_and_its_provider_are_not_removed_at_once(domain: Domain) -> None:
    providers, local = corporate_administrators(domain)
    assign(domain, local, ADMINISTRATORS)
    barrier = Barrier(2)

    def remove(what: str) -> bool:
        barrier.wait()
        try:
            if what == "provider":
                providers.delete(ADMINISTRATOR, "1", "corporate")
            else:
                unassign(domain, local, ADMINISTRATORS, ADMINISTRATOR)
        except StateConflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, ("provider", "assignment"))) == [False, True]


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
