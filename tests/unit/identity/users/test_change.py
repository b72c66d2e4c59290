"""Changes of users by an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.audit.actor import Actor, ActorKind
from broker.errors import AlreadyExists, NotFound, StateConflict
from broker.identity.users.change import ChangeUser
from broker.identity.users.find import UserName
from broker.store.identity.users import StoredUsers
from broker.store.reports.audit_trail import AuditFilter, audit_events
from tests.support.domain import OPERATOR
from tests.support.user_rows import DESCRIPTOR, counts, fill
from tests.support.users import WithAssignments, stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain

ANNA = UserName("1", "anna")
ADMINISTRATOR = Actor(ActorKind.USER, "an-administrator")


@pytest.fixture
def anna(on_sqlite: Domain) -> User:
    return stored_user(on_sqlite, on_sqlite.provision("i", DESCRIPTOR).instance.client.zone)


@pytest.fixture
def transactions(on_sqlite: Domain) -> WithAssignments:
    return WithAssignments(on_sqlite)


@pytest.fixture
def change(on_sqlite: Domain, transactions: WithAssignments) -> ChangeUser:
    return ChangeUser(transactions, on_sqlite.clock)


def now(domain: Domain, user: User) -> User:
    found = StoredUsers(domain.engine).find(user.user_id)
    assert found
    return found


def test_changes_are_stored_and_audited_with_their_old_values(
    on_sqlite: Domain, change: ChangeUser, anna: User
) -> None:
    changed = change.update(OPERATOR, ANNA, name="Anna B", email="b@example.org")
    assert now(on_sqlite, anna) == changed
    assert (changed.user_id, changed.version) == (anna.user_id, 2)
    [event] = audit_events(on_sqlite.engine, AuditFilter(action="update-user"), 10)
    assert event.details["previous"] == {"name": "anna", "email": None, "email_verified": False}
    again = change.update(OPERATOR, UserName("1", "ANNA B", "uaa"), email="b@example.org")
    assert again == changed


def test_a_name_of_another_user_is_refused(
    on_sqlite: Domain, change: ChangeUser, anna: User
) -> None:
    stored_user(on_sqlite, anna.zone, "berta")
    with pytest.raises(AlreadyExists):
        change.update(OPERATOR, ANNA, name="BERTA")
    assert change.update(OPERATOR, ANNA, name="ANNA").name == "ANNA"


def test_deactivation_ends_everything_that_a_logon_opened(
    on_sqlite: Domain, change: ChangeUser, anna: User
) -> None:
    """I-09, D-59."""
    fill(on_sqlite, anna)
    user, ended = change.deactivate(OPERATOR, ANNA)
    assert not user.is_active
    assert ended is not None
    assert ended.refresh_tokens == ended.sessions == ended.codes == ended.password_links == 1
    stored = now(on_sqlite, anna)
    assert (stored.is_active, stored.token_epoch) == (False, anna.token_epoch + 1)
    left = counts(on_sqlite, anna)
    assert {name for name, count in left.items() if count} == {
        *("user_password", "known_source", "role_assignment", "consent")
    }
    assert change.deactivate(OPERATOR, ANNA)[1] is None
    assert change.activate(OPERATOR, ANNA).is_active
    assert change.activate(OPERATOR, ANNA).is_active
    actions = [each.action for each in audit_events(on_sqlite.engine, AuditFilter(), 10)]
    assert [actions.count(each) for each in ("deactivate-user", "activate-user")] == [1, 1]


def test_end_of_sessions_leaves_the_user_active(
    on_sqlite: Domain, change: ChangeUser, anna: User
) -> None:
    fill(on_sqlite, anna)
    _, ended = change.end_sessions(OPERATOR, ANNA)
    assert ended.sessions == 1
    stored = now(on_sqlite, anna)
    assert (stored.is_active, stored.token_epoch) == (True, anna.token_epoch + 1)


def test_the_last_administrator_is_deactivated_by_the_command_line_only(
    on_sqlite: Domain, change: ChangeUser, transactions: WithAssignments, anna: User
) -> None:
    """I-160."""
    transactions.assignments.last.add(anna.user_id)
    with pytest.raises(StateConflict, match="last active administrator"):
        change.deactivate(ADMINISTRATOR, ANNA)
    assert now(on_sqlite, anna).is_active
    change.deactivate(OPERATOR, ANNA)
    assert not now(on_sqlite, anna).is_active


def test_a_user_of_another_zone_is_not_found(
    on_sqlite: Domain, change: ChangeUser, anna: User
) -> None:
    """I-11."""
    on_sqlite.provision("j", organization_guid="other")
    with pytest.raises(NotFound, match="has no user anna"):
        change.deactivate(OPERATOR, UserName("2", anna.name, anna.origin))
    with pytest.raises(NotFound, match="of origin corp"):
        change.end_sessions(OPERATOR, UserName("1", anna.name, "corp"))
