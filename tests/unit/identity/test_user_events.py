"""Audit events of changes of users."""

from __future__ import annotations

from broker.audit.event import Action
from broker.identity.user_events import user_event
from tests.support.domain import OPERATOR
from tests.support.users import NOW, a_user


def test_events_name_the_user_and_its_zone() -> None:
    user = a_user()
    event = user_event(Action.UPDATE_USER, OPERATOR, user, NOW, changed={"email": None})
    assert (event.subject.kind, event.subject.id) == ("user", user.user_id)
    assert event.zone_guid == user.zone.guid
    assert event.details == {
        "name": "anna",
        "origin": "sap.default",
        "changed": {"email": None},
    }
