"""The JSON of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from broker.api.models import ResponseModel
from broker.api.scim.listing import SCHEMAS, Envelope

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authorization.groups.model import UserWithGroups


class Meta(ResponseModel):
    """When a resource was created and changed, and its version; times in ISO 8601."""

    version: int
    created: str | None = None
    last_modified: str | None = Field(default=None, alias="lastModified")


class Name(ResponseModel):
    """The parts of a name."""

    given_name: str | None = Field(default=None, alias="givenName")
    family_name: str | None = Field(default=None, alias="familyName")


class Email(ResponseModel):
    """The e-mail address."""

    value: str
    primary: bool = False


class PhoneNumber(ResponseModel):
    """The phone number."""

    value: str


class UserGroup(ResponseModel):
    """A role collection of the user; id and name are the same."""

    value: str
    display: str
    type: Literal["DIRECT"] = "DIRECT"


class ScimUser(ResponseModel):
    """A user; a list with ``attributes`` contains those only."""

    id: str | None = None
    external_id: str | None = Field(default=None, alias="externalId")
    meta: Meta | None = None
    user_name: str | None = Field(default=None, alias="userName")
    name: Name | None = None
    emails: list[Email] | None = None
    groups: list[UserGroup] | None = None
    approvals: list[Any] | None = None
    phone_numbers: list[PhoneNumber] | None = Field(default=None, alias="phoneNumbers")
    active: bool | None = None
    verified: bool | None = None
    origin: str | None = None
    zone_id: str | None = Field(default=None, alias="zoneId")
    locale: str | None = None
    previous_logon_time: int | None = Field(default=None, alias="previousLogonTime")
    last_logon_time: int | None = Field(default=None, alias="lastLogonTime")
    schemas: list[str] | None = None


class ScimUsers(Envelope):
    """A page of users."""

    resources: list[ScimUser]


def scim_user(found: UserWithGroups) -> ScimUser:
    """Return the JSON of a user; times of logons are milliseconds since 1970."""
    user = found.user
    return ScimUser(
        id=user.user_id,
        external_id=user.external_id,
        meta=Meta(
            version=user.version,
            created=iso_time(user.created_at),
            last_modified=iso_time(user.updated_at),
        ),
        user_name=user.name,
        name=Name(given_name=user.given_name, family_name=user.family_name),
        emails=[Email(value=user.email)] if user.email else [],
        groups=[UserGroup(value=each, display=each) for each in found.groups],
        approvals=[],
        phone_numbers=[PhoneNumber(value=user.phone)] if user.phone else [],
        active=user.is_active,
        verified=user.email_verified,
        origin=user.origin,
        zone_id=user.zone.guid,
        locale=user.locale,
        previous_logon_time=_milliseconds(user.previous_logon_at),
        last_logon_time=_milliseconds(user.last_logon_at),
        schemas=SCHEMAS,
    )


def iso_time(time: datetime) -> str:
    """Return the time in UTC with milliseconds."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1000)
