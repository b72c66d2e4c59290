"""The JSON of requests that create and change users with their role collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field

from broker.api.models import RequestModel
from broker.authorization.groups.write import MAX_ASSIGNMENTS, UserChange
from broker.errors import InvalidRequest
from broker.identity.user import LOCAL_ORIGIN
from broker.identity.users.add import NewUser
from broker.identity.users.find import UserId, UserName

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_USERS = 100
_Text = Annotated[str, Field(max_length=255)]

PATHS: Final[Mapping[str, str]] = {
    "name": "username",
    "given_name": "givenName",
    "family_name": "familyName",
    "phone": "phoneNumber",
    "email": "email",
    "external_id": "externalId",
}
"""Paths in the JSON by the names of attributes in the domain."""

_SET_BY_SERVER = frozenset(
    {
        "created",
        "lastLogonTime",
        "legacyVerificationBehavior",
        "modified",
        "passwordChangeRequired",
        "passwordLastModified",
        "previousLogonTime",
        "verified",
        "version",
        "zoneId",
    }
)


class _UserRequest(RequestModel):
    ONLY_NULL: ClassVar[frozenset[str]] = frozenset({"password", "salt"})

    origin: _Text | None = None
    email: str | None = None
    given_name: str | None = Field(default=None, alias="givenName")
    family_name: str | None = Field(default=None, alias="familyName")
    phone_number: str | None = Field(default=None, alias="phoneNumber")
    external_id: str | None = Field(default=None, alias="externalId")
    active: bool | None = None
    role_collections: Annotated[
        list[_Text] | None, Field(alias="roleCollections", max_length=MAX_ASSIGNMENTS)
    ] = None


class UserInput(_UserRequest):
    """A user to create; without origin it is one of the default identity provider."""

    READ_ONLY: ClassVar[frozenset[str]] = _SET_BY_SERVER | {"id"}

    username: str

    @property
    def new_user(self) -> NewUser:
        """The user."""
        return NewUser(
            self.username,
            self.email,
            self.given_name,
            self.family_name,
            self.origin or "",
            self.external_id,
            self.phone_number,
            is_active=self.active is not False,
        )


class UserChangeInput(_UserRequest):
    """A user to change, by its id, or by name and origin.

    Absent texts are deleted, but for the name and the external id; absent role collections and an
    absent ``active`` stay.
    """

    READ_ONLY: ClassVar[frozenset[str]] = _SET_BY_SERVER

    id: _Text | None = None
    username: str | None = None

    def user_in(self, zone: str) -> UserId | UserName:
        """Return the user that changes; raise InvalidRequest if there is no name."""
        if self.id is not None:
            return UserId(zone, self.id)
        if self.username is None:
            raise InvalidRequest.at("username", "missing", "the name, or an id")
        return UserName(zone, self.username, self.origin or LOCAL_ORIGIN)

    def change(self, *, only_collections: bool) -> UserChange:
        """Return what changes; raise InvalidRequest for nothing."""
        if not only_collections:
            return UserChange(self._attributes, self.role_collections)
        if self.role_collections is None:
            raise InvalidRequest.at(
                "roleCollections", "missing", "names of role collections; [] for none"
            )
        return UserChange(collections=self.role_collections)

    @property
    def _attributes(self) -> dict[str, str | bool | None]:
        kept = {
            "name": self.username,
            "external_id": self.external_id,
            "is_active": self.active,
        }
        return {
            "email": self.email,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "phone": self.phone_number,
            **{name: value for name, value in kept.items() if value is not None},
        }


UserInputs = Annotated[list[UserInput], Field(max_length=_MAX_USERS)]
