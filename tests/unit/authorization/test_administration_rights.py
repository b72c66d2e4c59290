"""The rights of users in the console."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.authorization.administration_rights import OPERATOR, AdministrationRights
from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from broker.descriptor.names import ADMINISTRATION_SCOPES
from broker.store.authorization.user_rights import StoredRoles
from tests.support.console_world import ConsoleWorld
from tests.support.rights import MAX_SNAPSHOT_AGE, assign
from tests.support.statements import statements_of
from tests.support.users import NOW, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain

READ = {each for each in ADMINISTRATION_SCOPES if each.endswith(".read")}


def rights_of(domain: Domain, user: User) -> frozenset[str]:
    decide = AdministrationRights(StoredRoles(domain.engine), domain.clock, MAX_SNAPSHOT_AGE)
    with statements_of(domain.engine) as statements:
        found = decide.of(user)
    assert len([each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]) == 1
    return found


@pytest.mark.parametrize(
    ("collection", "expected"),
    [(ADMINISTRATORS, ADMINISTRATION_SCOPES), (VIEWERS, READ), ("", frozenset())],
)
def test_rights_of_roles(domain: Domain, collection: str, expected: frozenset[str]) -> None:
    user = stored_user(domain, zone_of(domain))
    if collection:
        assign(domain, user, collection)
    assert rights_of(domain, user) == expected


def test_an_expired_assignment_gives_nothing(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain))
    assign(domain, user, ADMINISTRATORS, expires_at=NOW + timedelta(hours=1))
    assert rights_of(domain, user) == ADMINISTRATION_SCOPES
    domain.clock.advance(hours=2)
    assert rights_of(domain, user) == frozenset()


def test_operators_have_every_right(domain: Domain) -> None:
    people = ConsoleWorld(domain).people
    assert rights_of(domain, people["operator"]) == ADMINISTRATION_SCOPES | {OPERATOR}
    former = stored_user(domain, people["operator"].zone, "former")
    assert rights_of(domain, former) == frozenset()


def test_inactive_users_have_none(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain), is_active=False)
    assign(domain, user, ADMINISTRATORS)
    assert rights_of(domain, user) == frozenset()
