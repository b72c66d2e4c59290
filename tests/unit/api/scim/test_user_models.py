"""The JSON of users."""

from __future__ import annotations

from datetime import UTC, datetime

from broker.api.scim.user_models import scim_user
from broker.authorization.groups.model import UserWithGroups
from tests.support.users import NOW, a_user


def test_every_attribute_of_a_user() -> None:
    user = a_user(
        name="o'neil+x@example.com",
        external_id="sub-1",
        email="o@example.com",
        given_name="O",
        family_name="Neil",
        phone="+49",
        locale="de",
        last_logon_at=datetime(2030, 1, 1, 0, 0, 0, 123_999, tzinfo=UTC),
        version=3,
    )
    found = scim_user(UserWithGroups(user, ["a", "b"]))
    assert found.model_dump(by_alias=True, exclude_none=True) == {
        "id": user.user_id,
        "externalId": "sub-1",
        "meta": {
            "version": 3,
            "created": "2030-01-01T00:00:00.000Z",
            "lastModified": "2030-01-01T00:00:00.000Z",
        },
        "userName": "o'neil+x@example.com",
        "name": {"givenName": "O", "familyName": "Neil"},
        "emails": [{"value": "o@example.com", "primary": False}],
        "groups": [
            {"value": "a", "display": "a", "type": "DIRECT"},
            {"value": "b", "display": "b", "type": "DIRECT"},
        ],
        "approvals": [],
        "phoneNumbers": [{"value": "+49"}],
        "active": True,
        "verified": False,
        "origin": "sap.default",
        "zoneId": user.zone.guid,
        "locale": "de",
        "lastLogonTime": int(NOW.timestamp() * 1000) + 123,
        "schemas": ["urn:scim:schemas:core:1.0"],
    }


def test_a_user_with_a_name_only() -> None:
    shown = scim_user(UserWithGroups(a_user())).model_dump(by_alias=True, exclude_none=True)
    assert shown["name"] == {}
    assert shown["emails"] == shown["groups"] == shown["phoneNumbers"] == []
    assert "externalId" not in shown
    assert "lastLogonTime" not in shown
