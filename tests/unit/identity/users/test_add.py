"""Creation of users by an administrator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.audit.search import AuditFilter
from broker.errors import (
    AlreadyExists,
    BrokerError,
    InvalidRequest,
    NotFound,
    StateConflict,
    UserExists,
)
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.identity.users.add import AddUser, NewUser
from broker.store.identity.users import StoredUsers
from broker.store.reports.audit_trail import audit_events
from tests.support.domain import OPERATOR
from tests.support.users import WithAssignments

if TYPE_CHECKING:
    from tests.support.domain import Domain


PASSWORD = "three grey herons wade"


@pytest.fixture
def add(on_sqlite: Domain) -> AddUser:
    on_sqlite.provision("i")
    transactions = WithAssignments(on_sqlite)
    return AddUser(transactions, on_sqlite.clock, SetPassword(transactions, PasswordPolicy()))


def test_a_user_gets_a_new_id_and_an_audit_event(on_sqlite: Domain, add: AddUser) -> None:
    """I-03."""
    requested = NewUser("Anna", "anna@example.org", "Anna", "Muster", "uaa")
    user = add(OPERATOR, "1", requested, PASSWORD)
    assert (user.origin, user.zone.index, user.last_logon_at) == ("sap.default", 1, None)
    stored = StoredUsers(on_sqlite.engine).named(user.zone, "sap.default", "ANNA")
    assert stored
    # Setting a password ends sessions and tokens.
    assert stored == replace(user, token_epoch=2, updated_at=stored.updated_at)
    assert on_sqlite.transactions.read(lambda store: store.passwords.of(user))
    [event] = audit_events(on_sqlite.engine, AuditFilter(action="create-user"), 10)
    assert (event.subject.id, event.zone_guid) == (user.user_id, user.zone.guid)
    assert event.details == {"name": "Anna", "origin": "sap.default"}


@pytest.mark.parametrize(
    ("zone", "requested", "error"),
    [
        ("1", NewUser("ANNA"), AlreadyExists),
        ("1", NewUser("\uff21nna"), AlreadyExists),
        ("1", NewUser("berta", email="berta"), InvalidRequest),
        ("1", NewUser("berta", origin="No/Origin"), InvalidRequest),
        ("1", NewUser("berta", origin="corporate"), NotFound),
        ("1", NewUser("berta", external_id="sub"), StateConflict),
        ("2", NewUser("berta"), NotFound),
    ],
    ids=["case", "width", "address", "form of origin", "origin", "external id", "zone"],
)
def test_a_refused_user_is_not_stored(
    on_sqlite: Domain, add: AddUser, zone: str, requested: NewUser, error: type[BrokerError]
) -> None:
    """I-02, I-11, I-12."""
    user = add(OPERATOR, "1", NewUser("anna"), PASSWORD)
    with pytest.raises(error):
        add(OPERATOR, zone, requested, PASSWORD if requested.origin == "sap.default" else None)
    assert StoredUsers(on_sqlite.engine).named(user.zone, user.origin, "berta") is None
    assert len(audit_events(on_sqlite.engine, AuditFilter(action="create-user"), 10)) == 1


@pytest.mark.parametrize(
    ("requested", "password", "text"),
    [
        (NewUser("anna"), None, "no password for a user of sap.default"),
        (NewUser("anna", origin="corp"), PASSWORD, "a password for a user of corp"),
        (NewUser("anna"), "short", "at least 15 characters"),
    ],
    ids=["missing", "of a provider", "short"],
)
def test_a_refused_password_leaves_no_user(
    on_sqlite: Domain, add: AddUser, requested: NewUser, password: str | None, text: str
) -> None:
    with pytest.raises(InvalidRequest, match=text):
        add(OPERATOR, "1", requested, password)
    assert audit_events(on_sqlite.engine, AuditFilter(action="create-user"), 10) == []


def test_a_user_without_password(on_sqlite: Domain, add: AddUser) -> None:
    requested = NewUser("Anna", "a@example.org", phone="+49", locale="de", is_active=False)
    user = add.without_password(OPERATOR, "1", requested)
    assert (user.phone, user.locale, user.is_active) == ("+49", "de", False)
    assert StoredUsers(on_sqlite.engine).find(user.user_id) == user
    assert on_sqlite.transactions.read(lambda store: store.passwords.of(user)) is None
    with pytest.raises(UserExists) as error:
        add.without_password(OPERATOR, "1", NewUser("ANNA"))
    assert (error.value.user_id, error.value.is_active) == (user.user_id, False)
