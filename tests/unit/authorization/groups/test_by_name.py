"""Lists of users of an origin, on both databases, in a fixed number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

import broker.authorization.groups.by_name as module
from broker.authorization.collections.names import VIEWERS
from broker.authorization.groups.by_name import UsersByName
from broker.errors import InvalidRequest, NotFound
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.identity.users.add import AddUser
from tests.support.rights import assign
from tests.support.users import stored_provider, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


@pytest.fixture
def zone(domain: Domain) -> Zone:
    stored_user(domain, zone_of(domain, "far"), "anna")
    found = zone_of(domain)
    assign(domain, stored_user(domain, found, "Anna_%"), VIEWERS)
    stored_user(domain, found, "otto")
    stored_user(domain, found, "anna-corp", origin="corp")
    return found


@pytest.fixture
def users(domain: Domain) -> UsersByName:
    transactions = domain.transactions
    set_password = SetPassword(transactions, PasswordPolicy(10))
    return UsersByName(transactions, AddUser(transactions, domain.clock, set_password))


def test_names_and_users(domain: Domain, zone: Zone, users: UsersByName) -> None:
    assert users.names(zone.guid, "ldap", "") == ["Anna_%", "otto"]
    assert users.names(zone.guid, "sap.default", "NNA_%") == ["Anna_%"]
    assert users.names(zone.guid, "sap.default", "a%a") == []
    assert users.names(zone.guid, "sap.default", "\x00") == []
    found = users.users(zone.guid, "sap.default", "")
    assert [(each.user.name, list(each.groups)) for each in found] == [
        ("Anna_%", [VIEWERS]),
        ("otto", []),
    ]
    with pytest.raises(NotFound, match="didn't find idp"):
        users.names(zone.guid, "corp", "")
    stored_provider(domain, zone, "corp")
    assert users.names(zone.guid, "corp", "") == ["anna-corp"]
    assert users.origins(zone.guid) == ["sap.default", "corp"]


def test_longer_lists_are_refused(
    zone: Zone, users: UsersByName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_USERS", 1)
    monkeypatch.setattr(module, "MAX_NAMES", 1)
    for read in (users.names, users.users):
        with pytest.raises(InvalidRequest, match="more than 1 users"):
            read(zone.guid, "sap.default", "")
        assert len(read(zone.guid, "sap.default", "anna")) == 1


def test_statements_do_not_grow_with_users(domain: Domain, zone: Zone, users: UsersByName) -> None:
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(domain.engine, "before_cursor_execute", note)
    counts = []
    for number in range(2):
        for part in range(4):
            assign(domain, stored_user(domain, zone, f"u-{number}{part}"), VIEWERS)
        statements.clear()
        found = users.users(zone.guid, "sap.default", "")
        users.names(zone.guid, "sap.default", "")
        counts.append(len(statements))
    event.remove(domain.engine, "before_cursor_execute", note)
    assert len(found) == 10
    # Each: two for the zone, the users; the first also the database's time and role collections.
    assert counts[0] == counts[1] <= 8
