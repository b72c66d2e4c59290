"""The JSON of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from broker.api.models import RequestModel, ResponseModel
from broker.api.scim.listing import SCHEMAS, Envelope
from broker.api.scim.user_models import Meta, ScimUser, scim_user
from broker.authorization.groups.change import GroupChanges
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.groups.model import Group, GroupMember, UserWithGroups

_SET_BY_SERVER = frozenset({"id", "meta", "schemas", "zoneId"})


class MemberRequest(RequestModel):
    """A user of a group, by its id, which decides whatever the origin is."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"display", "origin"})

    value: str
    type: str = "USER"
    operation: str | None = None


class GroupRequest(RequestModel):
    """A group to create, or that replaces another."""

    READ_ONLY: ClassVar[frozenset[str]] = _SET_BY_SERVER

    display_name: str | None = Field(default=None, alias="displayName")
    description: str | None = None
    members: list[MemberRequest] | None = None


class MemberDeletions(RequestModel):
    """``meta`` of a PATCH: attributes to delete, which may be the members."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"created", "lastModified", "version"})

    attributes: list[str] | None = Field(default=None, max_length=50)


class GroupPatch(GroupRequest):
    """The members of a group to add, and those with the operation ``delete`` to remove."""

    READ_ONLY: ClassVar[frozenset[str]] = _SET_BY_SERVER - {"meta"}

    meta: MemberDeletions | None = None


class ScimMember(ResponseModel):
    """A member of a group; ``entity`` is the user, if it was requested."""

    origin: str
    type: Literal["USER"] = "USER"
    value: str
    entity: ScimUser | None = None


class ScimGroup(ResponseModel):
    """A group; a list with ``attributes`` contains those only."""

    id: str | None = None
    display_name: str | None = Field(default=None, alias="displayName")
    description: str | None = None
    zone_id: str | None = Field(default=None, alias="zoneId")
    members: list[ScimMember] | None = None
    meta: Meta | None = None
    schemas: list[str] | None = None


class ScimGroups(Envelope):
    """A page of groups."""

    resources: list[ScimGroup]


def scim_group(group: Group, zone: str) -> ScimGroup:
    """Return the JSON of a group; ``zone`` is the GUID of its zone."""
    name = group.collection.name
    return ScimGroup(
        id=name,
        display_name=name,
        description=group.collection.description,
        zone_id=zone,
        members=[scim_member(each) for each in group.members],
        meta=Meta(version=group.version),
        schemas=SCHEMAS,
    )


def scim_member(member: GroupMember, user: UserWithGroups | None = None) -> ScimMember:
    """Return the JSON of a member, with the user if there is one."""
    return ScimMember(
        origin=member.origin,
        value=member.user_id,
        entity=None if user is None else scim_user(user),
    )


def name_of(body: GroupRequest) -> str:
    """Return the name of the group to create; raise InvalidRequest without one."""
    if not body.display_name:
        raise InvalidRequest.at("displayName", "missing", "the name of the role collection")
    return body.display_name


def member_of(body: MemberRequest) -> str:
    """Return the user id; raise InvalidRequest for a group, which is no member of groups."""
    if body.type.upper() != "USER":
        raise InvalidRequest.at("type", f'"{printable(body.type)}"', "USER")
    return body.value


def replacement(body: GroupRequest, name: str) -> GroupChanges:
    """Return the changes of a PUT: members that it does not list are removed.

    Raises InvalidRequest for another name.
    """
    _require_same_name(body, name)
    members = [member_of(each) for each in body.members or ()]
    return GroupChanges(body.description, members=members)


def patch(body: GroupPatch, name: str) -> GroupChanges:
    """Return the changes of a PATCH; raise InvalidRequest for another name."""
    _require_same_name(body, name)
    deleted = {each.lower() for each in (body.meta and body.meta.attributes) or ()}
    if unknown := sorted(deleted - {"members", "description"}):
        found = f'"{printable(unknown[0])}"'
        raise InvalidRequest.at("meta.attributes", found, "members, description")
    operations = [(member_of(each), (each.operation or "").lower()) for each in body.members or ()]
    ids = [user_id for user_id, _ in operations]
    if len(ids) != len(set(ids)):
        raise InvalidRequest.at("members", "a user twice", "each user once")
    description = "" if "description" in deleted else None
    return GroupChanges(
        description if body.description is None else body.description,
        members=[] if "members" in deleted else None,
        added=_with(operations, is_deleted=False),
        removed=_with(operations, is_deleted=True),
    )


def _with(operations: Sequence[tuple[str, str]], *, is_deleted: bool) -> list[str]:
    return [user_id for user_id, name in operations if (name == "delete") is is_deleted]


def _require_same_name(body: GroupRequest, name: str) -> None:
    if body.display_name not in {None, name}:
        raise InvalidRequest(
            [
                Violation(
                    "displayName",
                    f'"{printable(body.display_name or "")}"',
                    f'"{name}": the name of a group cannot change',
                )
            ]
        )
