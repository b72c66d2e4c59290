"""The JSON of requests about role collections."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from broker.api.models import RequestModel
from broker.authorization.collections.model import RoleKey
from broker.authorization.collections.zone_collections import MAX_NEW_ROLES

_MAX_COLLECTIONS = 500
_Text = Annotated[str, Field(max_length=255)]


class RoleReferenceInput(RequestModel):
    """A role by application, template and name."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"description"})

    role_template_app_id: _Text = Field(alias="roleTemplateAppId")
    role_template_name: _Text = Field(alias="roleTemplateName")
    name: _Text

    @property
    def key(self) -> RoleKey:
        """The key of the role."""
        return RoleKey(self.role_template_app_id, self.role_template_name, self.name)


class RoleCollectionInput(RequestModel):
    """A role collection to create; users and mappings are assigned by other operations."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset(
        {"isReadOnly", "userReferences", "groupReferences"}
        | {"samlAttributeAssignment", "samlAttrAssignment"}
    )

    name: str
    description: str | None = None
    role_references: list[RoleReferenceInput] = Field(
        default_factory=list, alias="roleReferences", max_length=MAX_NEW_ROLES
    )


class RoleCollectionDescription(RequestModel):
    """A new description; null or absent deletes it."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset(
        {"name", "roleReferences", *RoleCollectionInput.READ_ONLY}
    )

    description: str | None = None


class RoleCollectionNames(RequestModel):
    """Names of role collections."""

    role_collections: Annotated[
        list[_Text], Field(alias="roleCollections", max_length=_MAX_COLLECTIONS)
    ]


class NewRoleCollections(RequestModel):
    """Role collections to create."""

    role_collections: Annotated[
        list[RoleCollectionInput], Field(alias="roleCollections", max_length=_MAX_COLLECTIONS)
    ]


RoleReferences = Annotated[list[RoleReferenceInput], Field(max_length=MAX_NEW_ROLES)]
