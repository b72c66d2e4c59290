"""Reading of users: lists, single users and exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.audit.search import AuditFilter
from broker.errors import NotFound
from broker.identity.users.find import UserName
from broker.identity.users.read import ReadUsers
from broker.identity.users.search import UserQuery
from broker.store.reports.audit_trail import audit_events
from tests.support.domain import OPERATOR
from tests.support.users import FakeAssignments, WithAssignments, stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_lists_are_read_page_by_page(on_sqlite: Domain) -> None:
    zone = on_sqlite.provision("i").instance.client.zone
    for name in ("c", "a", "d", "b"):
        stored_user(on_sqlite, zone, name)
    read = ReadUsers(WithAssignments(on_sqlite), on_sqlite.clock)
    assert [each.name for each in read.all("1", UserQuery(limit=2))] == ["a", "b", "c", "d"]
    assert [each.name for each in read.page("1", UserQuery(origin="ldap", limit=1))] == ["a"]
    with pytest.raises(NotFound):
        read.page("2", UserQuery())


def test_a_user_is_shown_as_last_administrator(on_sqlite: Domain) -> None:
    zone = on_sqlite.provision("i").instance.client.zone
    anna, berta = stored_user(on_sqlite, zone), stored_user(on_sqlite, zone, "berta")
    transactions = WithAssignments(on_sqlite, FakeAssignments(last={anna.user_id}))
    read = ReadUsers(transactions, on_sqlite.clock)
    assert read.one(UserName("1", "anna")) == (anna, True)
    assert read.one(UserName("1", "berta")) == (berta, False)


def test_an_export_is_audited(on_sqlite: Domain) -> None:
    user = stored_user(on_sqlite, on_sqlite.provision("i").instance.client.zone)
    read = ReadUsers(WithAssignments(on_sqlite), on_sqlite.clock)
    document = read.export(OPERATOR, UserName("1", "anna"))
    assert document["user"]["id"] == user.user_id
    [event] = audit_events(on_sqlite.engine, AuditFilter(action="export-user"), 10)
    assert event.subject.id == user.user_id
