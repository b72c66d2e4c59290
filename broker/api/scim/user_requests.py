"""The JSON of requests that create and change users, as the domain understands it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from broker.api.models import RequestModel, renaming_paths
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, Violation
from broker.identity.users.add import NewUser

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

_SET_BY_SERVER = frozenset(
    {
        "approvals",
        "displayName",
        "groups",
        "id",
        "lastLogonTime",
        "meta",
        "passwordChangeRequired",
        "passwordLastModified",
        "previousLogonTime",
        "schemas",
        "verified",
        "zoneId",
    }
)


class NameRequest(RequestModel):
    """The parts of a name."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"formatted"})

    given_name: str | None = Field(default=None, alias="givenName")
    family_name: str | None = Field(default=None, alias="familyName")


class ValueRequest(RequestModel):
    """An e-mail address or a phone number."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"primary", "type"})

    value: str | None = None


class UserRequest(RequestModel):
    """A user to create, or that replaces another."""

    READ_ONLY: ClassVar[frozenset[str]] = _SET_BY_SERVER
    ONLY_NULL: ClassVar[frozenset[str]] = frozenset(
        {"nickName", "password", "preferredLanguage", "profileUrl", "salt", "timezone", "title"}
        | {"userType"}
    )

    user_name: str | None = Field(default=None, alias="userName")
    origin: str | None = None
    external_id: str | None = Field(default=None, alias="externalId")
    name: NameRequest | None = None
    emails: list[ValueRequest] | None = None
    phone_numbers: Annotated[
        list[ValueRequest] | None, Field(alias="phoneNumbers", max_length=1)
    ] = None
    active: bool | None = None
    locale: str | None = None


class Deletions(RequestModel):
    """``meta`` of a PATCH: the attributes to delete."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"created", "lastModified", "version"})

    attributes: list[str] | None = Field(default=None, max_length=50)


class UserPatch(UserRequest):
    """The attributes of a user to change; others keep their values."""

    READ_ONLY: ClassVar[frozenset[str]] = _SET_BY_SERVER - {"meta"}

    meta: Deletions | None = None


_PATHS = {
    "name": "userName",
    "given_name": "name.givenName",
    "family_name": "name.familyName",
    "email": "emails[0].value",
    "phone": "phoneNumbers[0].value",
    "external_id": "externalId",
}
"""Paths in the JSON by the names of attributes in the domain."""


def paths_of_scim() -> AbstractContextManager[None]:
    """Name the fields of the JSON in violations that the work within raises."""
    return renaming_paths(_PATHS)


def new_user(body: UserRequest) -> NewUser:
    """Return the user to create, without origin if the body has none.

    Raises InvalidRequest with UAA's texts.
    """
    values = _values(body)
    return NewUser(
        name=_required(body.user_name),
        email=_one_email(body),
        given_name=values["given_name"],
        family_name=values["family_name"],
        phone=values["phone"],
        locale=values["locale"],
        origin=body.origin or "",
        external_id=body.external_id,
        is_active=body.active is not False,
    )


def replaced(body: UserRequest) -> Mapping[str, str | bool | None]:
    """Return the attributes of a PUT by their names in the domain.

    Absent ones are deleted, except the external id and whether the user is active.
    """
    return {
        **_values(body),
        "name": _required(body.user_name),
        "email": _one_email(body),
        **_kept_if_absent(body),
    }


def patched(body: UserPatch) -> Mapping[str, str | bool | None]:
    """Return the attributes that a PATCH changes, None for those it deletes."""
    changes: dict[str, str | bool | None] = {}
    for name in (body.meta and body.meta.attributes) or ():
        if name.lower() != "emails" or body.emails is None:
            changes |= _deleted(name)
    if body.emails is not None:
        changes["email"] = _one_email(body)
    given = {name: value for name, value in _values(body).items() if value is not None}
    named = {} if body.user_name is None else {"name": _required(body.user_name)}
    return {**changes, **given, **named, **_kept_if_absent(body)}


def _values(body: UserRequest) -> dict[str, str | None]:
    phones = body.phone_numbers or []
    return {
        "given_name": body.name.given_name if body.name else None,
        "family_name": body.name.family_name if body.name else None,
        "phone": phones[0].value if phones else None,
        "locale": body.locale,
    }


def _kept_if_absent(body: UserRequest) -> dict[str, str | bool]:
    given = {"external_id": body.external_id, "is_active": body.active}
    return {name: value for name, value in given.items() if value is not None}


_DELETABLE: Mapping[str, tuple[str, ...]] = {
    "name": ("given_name", "family_name"),
    "name.givenname": ("given_name",),
    "name.familyname": ("family_name",),
    "givenname": ("given_name",),
    "familyname": ("family_name",),
    "phonenumbers": ("phone",),
    "locale": ("locale",),
    "externalid": ("external_id",),
}


def _deleted(name: str) -> dict[str, None]:
    columns = _DELETABLE.get(name[:64].lower())
    if columns is None:
        raise InvalidRequest.at(
            "meta.attributes",
            f'"{printable(name)}"',
            "name, name.givenName, name.familyName, phoneNumbers, locale, externalId",
        )
    return dict.fromkeys(columns)


def _required(name: str | None) -> str:
    if not name or name.isspace():
        raise InvalidRequest.saying(
            "A username must be provided.", [Violation("userName", "missing", "a name")]
        )
    return name


def _one_email(body: UserRequest) -> str:
    values = [each.value for each in body.emails or [] if each.value]
    if len(values) != 1 or len(body.emails or []) != 1:
        raise InvalidRequest.saying(
            "Exactly one email must be provided.",
            [Violation("emails", f"{len(body.emails or [])} addresses", "exactly one")],
        )
    return values[0]
