"""The JSON of users as ``/sap/rest/user`` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from broker.api.models import ResponseModel
from broker.api.times import shown_time

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authorization.groups.model import UserWithGroups


class XSUser(ResponseModel):
    """A user with the names of its role collections.

    ``created`` and ``modified`` are ISO 8601, times of logons milliseconds since 1970.
    """

    id: str
    username: str
    email: str | None = None
    given_name: str | None = Field(default=None, alias="givenName")
    family_name: str | None = Field(default=None, alias="familyName")
    phone_number: str | None = Field(default=None, alias="phoneNumber")
    created: str
    modified: str
    origin: str
    external_id: str | None = Field(default=None, alias="externalId")
    zone_id: str = Field(alias="zoneId")
    verified: bool
    legacy_verification_behavior: bool = Field(default=False, alias="legacyVerificationBehavior")
    version: int
    active: bool
    last_logon_time: int | None = Field(default=None, alias="lastLogonTime")
    previous_logon_time: int | None = Field(default=None, alias="previousLogonTime")
    role_collections: list[str] = Field(alias="roleCollections")


def xs_user(found: UserWithGroups) -> XSUser:
    """Return the JSON of a user."""
    user = found.user
    return XSUser(
        id=user.user_id,
        username=user.name,
        email=user.email,
        given_name=user.given_name,
        family_name=user.family_name,
        phone_number=user.phone,
        created=shown_time(user.created_at),
        modified=shown_time(user.updated_at),
        origin=user.origin,
        external_id=user.external_id,
        zone_id=user.zone.guid,
        verified=user.email_verified,
        version=user.version,
        active=user.is_active,
        last_logon_time=_milliseconds(user.last_logon_at),
        previous_logon_time=_milliseconds(user.previous_logon_at),
        role_collections=list(found.groups),
    )


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1000)
