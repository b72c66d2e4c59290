"""Changes of users by an administrator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.audit.actor import Actor, ActorKind
from broker.audit.search import AuditFilter
from broker.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidRequest,
    NotFound,
    StateConflict,
    UserExists,
)
from broker.identity.built_in_roles import EVERY_WRITE_SCOPE
from broker.identity.user import Snapshot
from broker.identity.users.change import ChangeUser
from broker.identity.users.find import UserId, UserName
from broker.store.identity.users import StoredUsers
from broker.store.reports.audit_trail import audit_events
from tests.support.domain import OPERATOR
from tests.support.user_rows import DESCRIPTOR, counts, fill
from tests.support.users import NOW, WithAssignments, stored_user

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.user import User
    from tests.support.domain import Domain

ANNA = UserName("1", "anna")
ADMINISTRATOR = Actor(ActorKind.USER, "an-administrator")
FULL = Actor(ActorKind.USER, "another", scopes=frozenset(EVERY_WRITE_SCOPE))


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


def test_a_deactivation_returns_the_time_that_is_stored(
    on_sqlite: Domain, transactions: WithAssignments, anna: User
) -> None:
    """Clients compare it with that of the next response."""

    class Ticking:
        def now(self) -> datetime:
            on_sqlite.clock.advance(seconds=1)
            return on_sqlite.clock.now()

    user, _ = ChangeUser(transactions, Ticking()).deactivate(OPERATOR, ANNA)
    assert now(on_sqlite, user).updated_at == user.updated_at


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


@pytest.fixture
def berta(on_sqlite: Domain, anna: User) -> User:
    """A user of a provider who never logged on."""
    return stored_user(on_sqlite, anna.zone, "berta", origin="corp", email="b@example.org")


def of(user: User) -> UserId:
    return UserId(user.zone.guid, user.user_id)


def test_all_attributes_change_at_once_or_not_at_all(
    on_sqlite: Domain, change: ChangeUser, berta: User
) -> None:
    attributes = {
        "name": "Berta B",
        "email": "c@example.org",
        "given_name": "Berta",
        "phone": "+49",
        "locale": "de",
        "external_id": "sub",
    }
    changed = change.change(
        OPERATOR, of(berta), attributes | {"is_active": False}, origin="corp", expected=1
    )
    assert now(on_sqlite, berta) == replace(changed, token_epoch=2)
    assert {name: getattr(changed, name) for name in attributes} == attributes
    assert not changed.is_active
    for wrong in ({"email": "x"}, {"external_id": "a\n"}, {"locale": "x" * 36}):
        with pytest.raises(InvalidRequest):
            change.change(OPERATOR, of(berta), {"phone": "1", **wrong})
    assert change.change(OPERATOR, of(berta), {"is_active": True}).is_active


def test_a_stale_version_and_another_origin_are_refused(
    on_sqlite: Domain, change: ChangeUser, berta: User
) -> None:
    with pytest.raises(StateConflict, match="wrong version: expected=2 but found=1"):
        change.change(OPERATOR, of(berta), {"phone": "1"}, expected=2)
    with pytest.raises(InvalidRequest, match=r"origin: .* the origin of a user never changes"):
        change.change(OPERATOR, of(berta), {"phone": "1"}, origin="uaa")
    assert now(on_sqlite, berta) == berta


def test_an_external_id_changes_only_before_the_first_logon(
    on_sqlite: Domain, change: ChangeUser, anna: User, berta: User
) -> None:
    """D-38: afterwards it would give the user's roles to another person."""
    stored_user(on_sqlite, anna.zone, "carl", origin="corp", external_id="taken")
    change.change(OPERATOR, of(berta), {"external_id": "sub"})
    with pytest.raises(AlreadyExists):
        change.change(OPERATOR, of(berta), {"external_id": "taken"})
    with pytest.raises(StateConflict, match="have no external id"):
        change.change(OPERATOR, of(anna), {"external_id": "sub"})
    snapshot = Snapshot((), {}, NOW)
    for changes in ({"last_logon_at": NOW}, {"snapshot": snapshot}):
        user = stored_user(on_sqlite, anna.zone, str(changes)[:20], origin="corp", **changes)
        with pytest.raises(StateConflict, match="only before the first logon"):
            change.change(OPERATOR, of(user), {"external_id": "other"})
        assert change.change(OPERATOR, of(user), {"external_id": user.external_id}).version == 1


def test_another_user_with_the_name_is_named(
    on_sqlite: Domain, change: ChangeUser, anna: User
) -> None:
    other = stored_user(on_sqlite, anna.zone, "carl", is_active=False)
    with pytest.raises(UserExists) as error:
        change.change(OPERATOR, of(anna), {"name": "CARL"})
    assert (error.value.name, error.value.user_id) == ("CARL", other.user_id)
    assert not error.value.is_active


def test_the_last_administrator_is_not_deactivated_with_other_changes(
    change: ChangeUser, transactions: WithAssignments, anna: User, on_sqlite: Domain
) -> None:
    transactions.assignments.last.add(anna.user_id)
    with pytest.raises(StateConflict):
        change.change(FULL, of(anna), {"phone": "1", "is_active": False})
    assert now(on_sqlite, anna) == anna


def test_a_holder_of_a_built_in_role_needs_every_write_scope(
    change: ChangeUser, transactions: WithAssignments, berta: User
) -> None:
    """D-47."""
    transactions.assignments.built_in.add(berta.user_id)
    for attributes in ({"external_id": "mine"}, {"name": "x"}, {"is_active": False}):
        with pytest.raises(AccessDenied):
            change.change(ADMINISTRATOR, of(berta), attributes)
    assert change.change(FULL, of(berta), {"external_id": "mine"}).external_id == "mine"
