"""Changes of users: the version in the response."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from broker.api.request import ApiRequest, Caller
from broker.api.scim.user_requests import UserPatch
from broker.api.scim.users import ROUTES
from broker.authorization.groups.read import ReadUsersWithGroups
from broker.identity.users.change import ChangeUser
from tests.support.domain import OPERATOR
from tests.support.rights import a_client
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain


class FollowedByAnother(ChangeUser):
    """Makes another change between the requested one and the response to it."""

    def change(self, *given: Any, **options: Any) -> User:
        """Return the user as the requested change left it."""
        changed = super().change(*given, **options)
        super().change(given[0], given[1], {"locale": "fr"})
        return changed


def test_the_response_has_the_version_of_its_own_change(on_sqlite: Domain) -> None:
    zone = zone_of(on_sqlite)
    user = stored_user(on_sqlite, zone, "anna")
    clock = SimpleNamespace(now=lambda: datetime.now(UTC))
    services: Any = SimpleNamespace(
        change_user=FollowedByAnother(on_sqlite.transactions, clock),
        users_with_groups=ReadUsersWithGroups(on_sqlite.transactions),
    )
    request = ApiRequest(
        Caller(OPERATOR, a_client(zone, "a!b1"), frozenset()),
        {"id": user.user_id},
        headers={"If-Match": "*"},
        body=UserPatch(locale="de"),
    )
    route = next(each for each in ROUTES if each.method == "PATCH")
    reply = route.handler(services, request)
    assert dict(reply.headers) == {"ETag": f'"{user.version + 1}"'}
    assert reply.body.locale == "de"
    assert services.users_with_groups.one(zone.guid, user.user_id).user.locale == "fr"
