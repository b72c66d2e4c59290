"""Users of a zone, without a logon."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from broker.identity.user import LOCAL_ORIGIN, User
from broker.identity.zone import Zone
from broker.ids import new_row_id

if TYPE_CHECKING:
    from tests.support.domain import Domain

NOW = datetime(2030, 1, 1, tzinfo=UTC)
A_ZONE = Zone(row_id=7, index=1, guid=str(uuid4()), subdomain="zone-1", grants_epoch=1)


def a_user(zone: Zone = A_ZONE, name: str = "anna", **changes: Any) -> User:
    """Return a local user that is stored nowhere."""
    members: dict[str, Any] = {
        "row_id": new_row_id(),
        "zone": zone,
        "user_id": str(uuid4()),
        "origin": LOCAL_ORIGIN,
        "name": name,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return User(**(members | changes))


def stored_user(domain: Domain, zone: Zone, name: str = "anna", **changes: Any) -> User:
    """Store a user and return it."""
    user = a_user(zone, name, **changes)
    domain.transactions.run(lambda store: store.users.add(user))
    return user
