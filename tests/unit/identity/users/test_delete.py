"""Deletion of users (I-10)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from broker.audit.search import AuditFilter
from broker.authorization.collections.assign import AssignCollections
from broker.authorization.collections.names import ADMINISTRATORS
from broker.errors import NotFound, StateConflict
from broker.identity.users.change import ChangeUser
from broker.identity.users.delete import DeleteUser
from broker.identity.users.find import UserName
from broker.store.reports.audit_trail import audit_events
from tests.support.domain import OPERATOR
from tests.support.role_collections import ADMINISTRATOR
from tests.support.user_rows import DESCRIPTOR, counts, fill
from tests.support.users import FakeAssignments, WithAssignments, stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain

ANNA = UserName("1", "Anna")


def test_everything_of_the_user_is_deleted_and_the_audit_keeps_id_and_name(
    domain: Domain,
) -> None:
    user = stored_user(domain, domain.provision("i", DESCRIPTOR).instance.client.zone)
    fill(domain, user)
    assert set(counts(domain, user).values()) == {1}
    transactions = WithAssignments(domain)
    assert DeleteUser(transactions, domain.clock)(OPERATOR, ANNA).user_id == user.user_id
    assert set(counts(domain, user).values()) == {0}
    [event] = audit_events(domain.engine, AuditFilter(action="delete-user"), 10)
    assert (event.subject.id, event.details["name"]) == (user.user_id, user.name)
    with pytest.raises(NotFound):
        DeleteUser(transactions, domain.clock)(OPERATOR, ANNA)
    again = stored_user(domain, user.zone)
    assert set(counts(domain, again).values()) == {0}


def test_the_last_administrator_is_kept(on_sqlite: Domain) -> None:
    """I-160."""
    user = stored_user(on_sqlite, on_sqlite.provision("i").instance.client.zone)
    transactions = WithAssignments(on_sqlite, FakeAssignments(last={user.user_id}))
    delete = DeleteUser(transactions, on_sqlite.clock)
    with pytest.raises(StateConflict, match="Subaccount Administrator"):
        delete(ADMINISTRATOR, ANNA)
    assert delete(OPERATOR, ANNA) == user


def test_two_administrators_cannot_remove_each_other_at_once(domain: Domain) -> None:
    """I-160."""
    zone = domain.provision("i").instance.client.zone
    assign = AssignCollections(domain.transactions).assign
    users = [stored_user(domain, zone, name) for name in ("anna", "berta")]
    for user in users:
        assert assign(OPERATOR, UserName("1", user.name), ADMINISTRATORS)
    delete = DeleteUser(domain.transactions, domain.clock)
    change = ChangeUser(domain.transactions, domain.clock)
    barrier = Barrier(2)

    def remove(pair: tuple[User, User]) -> bool:
        by = replace(ADMINISTRATOR, id=pair[0].user_id)
        whom = pair[1]
        of = UserName("1", whom.name, whom.origin)
        barrier.wait()
        try:
            if whom is users[0]:
                delete(by, of)
            else:
                change.deactivate(by, of)
        except StateConflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        removed = list(threads.map(remove, [(users[1], users[0]), (users[0], users[1])]))
    assert sorted(removed) == [False, True]
