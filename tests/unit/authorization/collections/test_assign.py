"""The assignment of role collections (I-160, I-161)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.event import Action
from broker.audit.search import AuditFilter
from broker.authorization.collections.assign import AssignCollections, Terms
from broker.authorization.collections.names import ADMINISTRATORS
from broker.errors import InvalidRequest, NotFound, StateConflict
from broker.identity.users.find import UserName
from broker.store.reports.audit_trail import audit_events
from tests.support.domain import OPERATOR
from tests.support.role_collections import ADMINISTRATOR, assign, descriptor, unassign
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain


def user_of(domain: Domain, name: str = "anna", **changes: Any) -> User:
    zone = domain.provision("i", descriptor("app", "All")).instance.client.zone
    return stored_user(domain, zone, name, **changes)


def epoch(domain: Domain, user: User) -> int:
    found = domain.transactions.read(lambda store: store.users.at(user.row_id))
    assert found is not None
    return found.roles_epoch


def test_a_user_gets_and_loses_a_collection(domain: Domain) -> None:
    """I-161: each change advances the user's roles epoch (I-143)."""
    user = user_of(domain)
    assert assign(domain, user, "All")
    assert not assign(domain, user, "All")
    [found] = domain.transactions.read(lambda store: store.assignments.of_user(user))
    assert (found.collection, found.user_name, found.created_by, found.expires_at) == (
        "All",
        "anna",
        "command-line:operator",
        None,
    )
    assert epoch(domain, user) == user.roles_epoch + 1
    assert unassign(domain, user, "All")
    assert not unassign(domain, user, "All")
    assert epoch(domain, user) == user.roles_epoch + 2


def test_expiry_and_note_can_change(domain: Domain) -> None:
    """I-161."""
    user = user_of(domain)
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    assert assign(domain, user, "All")
    assert assign(domain, user, "All", terms=Terms(later, "for the audit"))
    [found] = domain.transactions.read(lambda store: store.assignments.of_user(user))
    assert (found.expires_at, found.note) == (later, "for the audit")


def test_an_expiry_in_the_past_is_refused(on_sqlite: Domain) -> None:
    user = user_of(on_sqlite)
    with pytest.raises(InvalidRequest, match="expires: 2020-01-01T00:00:00Z"):
        assign(on_sqlite, user, "All", terms=Terms(datetime(2020, 1, 1, tzinfo=UTC)))


def test_an_inactive_user_gets_no_collection(on_sqlite: Domain) -> None:
    user = user_of(on_sqlite, is_active=False)
    with pytest.raises(StateConflict, match="inactive"):
        assign(on_sqlite, user, "All")


@pytest.mark.parametrize("name", ["all", "ALL", "All ", "\uff21ll", "Other", "x" * 65, ""])
def test_collections_are_found_by_their_exact_name(on_sqlite: Domain, name: str) -> None:
    """I-162."""
    user = user_of(on_sqlite)
    with pytest.raises(NotFound, match="has no role collection"):
        assign(on_sqlite, user, name)


def test_users_and_collections_of_other_zones_do_not_exist(on_sqlite: Domain) -> None:
    """TH-13, I-11."""
    user_of(on_sqlite)
    zone = on_sqlite.provision("j", organization_guid="other").instance.client.zone
    other = stored_user(on_sqlite, zone, "otto")
    with pytest.raises(NotFound, match='no role collection "All"'):
        assign(on_sqlite, other, "All")
    service = AssignCollections(on_sqlite.transactions)
    own = on_sqlite.instance("i").client.zone
    with pytest.raises(NotFound, match=r"no user otto of origin sap\.default"):
        service.assign(OPERATOR, UserName(own.guid, "otto"), "All")
    with pytest.raises(NotFound, match="There is no zone 0"):
        service.assign(OPERATOR, UserName("0", "otto"), "Operator")


def test_only_the_command_line_removes_the_last_administrator(domain: Domain) -> None:
    """I-160."""
    user = user_of(domain)
    assert assign(domain, user, ADMINISTRATORS, ADMINISTRATOR)
    with pytest.raises(StateConflict, match="no administrator left"):
        unassign(domain, user, ADMINISTRATORS, ADMINISTRATOR)
    other = stored_user(domain, user.zone, "otto")
    inactive = stored_user(domain, user.zone, "ida")
    assign(domain, inactive, ADMINISTRATORS)
    with domain.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE shadow_user SET is_active = false WHERE name = 'ida'")
    with pytest.raises(StateConflict):
        unassign(domain, user, ADMINISTRATORS, ADMINISTRATOR)
    assign(domain, other, ADMINISTRATORS)
    assert unassign(domain, user, ADMINISTRATORS, ADMINISTRATOR)
    assert unassign(domain, other, ADMINISTRATORS)


def test_an_expiry_does_not_make_the_last_administrator_temporary(on_sqlite: Domain) -> None:
    """An administrator whose assignment ends counts until then only."""
    user, soon = user_of(on_sqlite), datetime.now(UTC) + timedelta(hours=1)
    assign(on_sqlite, user, ADMINISTRATORS, terms=Terms(soon))
    last = on_sqlite.transactions.run(
        lambda store: (
            store.assignments.is_last_administrator(user),
            store.assignments.is_last_administrator(user, soon + timedelta(seconds=1)),
        )
    )
    assert last == (True, False)


def test_changes_are_audited(on_sqlite: Domain) -> None:
    """I-160: the subject is the user; details name origin, name and collection."""
    user = user_of(on_sqlite)
    assign(on_sqlite, user, "All")
    unassign(on_sqlite, user, "All", ADMINISTRATOR)
    found = {each.action: each for each in audit_events(on_sqlite.engine, AuditFilter(), 10)}
    for action in (Action.ASSIGN_ROLE_COLLECTION, Action.UNASSIGN_ROLE_COLLECTION):
        event = found[action]
        assert event.subject.id == user.user_id
        assert event.zone_guid == user.zone.guid
        named = {"name": "anna", "origin": "sap.default", "collection": "All"}
        assert named.items() <= event.details.items()
    assert found[Action.UNASSIGN_ROLE_COLLECTION].actor.id == ADMINISTRATOR.id
