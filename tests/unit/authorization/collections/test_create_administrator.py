"""The first administrators (I-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.authentication.passwords.links import PasswordLinks
from broker.authorization.collections.built_in import operator_zone
from broker.authorization.collections.create_administrator import CreateAdministrator
from broker.errors import AlreadyExists, InvalidRequest, NotFound
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.identity.users.add import AddUser, NewUser
from tests.support.domain import OPERATOR
from tests.support.passwords import PASSWORD, fast_hash
from tests.support.users import zone_of

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain


class Creation:
    """The service on a database."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        set_password = SetPassword(domain.transactions, PasswordPolicy(), fast_hash)
        self.links = PasswordLinks(domain.transactions, domain.keys, set_password)
        add_user = AddUser(domain.transactions, domain.clock, set_password)
        self.create = CreateAdministrator(domain.transactions, add_user, set_password, self.links)

    def collections(self, user: User) -> list[str]:
        found: Any = self.domain.transactions.read(lambda store: store.assignments.of_user(user))
        return [each.collection for each in found]

    def hash_of(self, user: User) -> str | None:
        found = self.domain.transactions.read(lambda store: store.passwords.of(user))
        return None if found is None else found.hash


@pytest.fixture
def creation(domain: Domain) -> Creation:
    return Creation(domain)


def test_an_administrator_gets_a_setup_link(creation: Creation) -> None:
    zone = zone_of(creation.domain)
    user, link = creation.create.of_zone(OPERATOR, zone.guid, NewUser("admin"), None)
    assert link is not None
    assert user.zone == zone
    assert creation.collections(user) == ["Subaccount Administrator"]
    assert creation.hash_of(user) is None
    assert creation.links.redeem(link, PASSWORD).user_id == user.user_id
    assert creation.hash_of(user) == fast_hash(PASSWORD)


def test_an_operator_belongs_to_the_operators_zone(creation: Creation) -> None:
    """D-56."""
    user, link = creation.create.operator(OPERATOR, NewUser("root"), PASSWORD)
    assert link is None
    assert user.zone == creation.domain.transactions.run(operator_zone)
    assert creation.collections(user) == ["Operator"]
    assert creation.hash_of(user) == fast_hash(PASSWORD)


def test_a_refused_creation_stores_nothing(creation: Creation) -> None:
    zone = zone_of(creation.domain)
    with pytest.raises(InvalidRequest, match="at least 15"):
        creation.create.of_zone(OPERATOR, zone.guid, NewUser("admin"), "short")
    with pytest.raises(NotFound):
        creation.create.of_zone(OPERATOR, "nowhere", NewUser("admin"), None)
    creation.create.of_zone(OPERATOR, zone.guid, NewUser("admin"), None)
    with pytest.raises(AlreadyExists):
        creation.create.of_zone(OPERATOR, zone.guid, NewUser("ADMIN"), None)
