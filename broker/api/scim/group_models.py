"""The JSON of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from broker.api.models import ResponseModel
from broker.api.scim.listing import SCHEMAS, Envelope
from broker.api.scim.user_models import Meta

if TYPE_CHECKING:
    from broker.authorization.groups.model import Group, GroupMember


class ScimMember(ResponseModel):
    """A member of a group."""

    origin: str
    type: Literal["USER"] = "USER"
    value: str


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


def scim_member(member: GroupMember) -> ScimMember:
    """Return the JSON of a member."""
    return ScimMember(origin=member.origin, value=member.user_id)
