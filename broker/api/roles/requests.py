"""The JSON of requests about roles."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from broker.api.models import RequestModel
from broker.authorization.collections.model import RoleAttribute, RoleKey
from broker.errors import InvalidRequest

_Text = Annotated[str, Field(max_length=255)]
_MAX_ATTRIBUTES = 100
_MAX_VALUES = 100


class RoleAttributeInput(RequestModel):
    """Values for an attribute: ``static``, or the name of a provider's attribute (``saml``).

    No values, or ``[null]``, stand for an unrestricted attribute.
    """

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"valueRequired", "description"})

    attribute_name: _Text = Field(alias="attributeName")
    attribute_value_origin: Literal["static", "saml"] = Field(
        default="static", alias="attributeValueOrigin"
    )
    attribute_values: list[_Text | None] = Field(
        default_factory=list, alias="attributeValues", max_length=_MAX_VALUES
    )

    @property
    def values(self) -> RoleAttribute:
        """The values; raise InvalidRequest for null among others."""
        given = [each for each in self.attribute_values if each is not None]
        if not given:
            return RoleAttribute("unrestricted")
        if len(given) != len(self.attribute_values):
            path = f"attributeList.{self.attribute_name[:64]}"
            raise InvalidRequest.at(path, "null beside values", "values, or null alone")
        origin: Literal["static", "idp"] = (
            "static" if self.attribute_value_origin == "static" else "idp"
        )
        return RoleAttribute(origin, tuple(given))


class RoleChange(RequestModel):
    """A new description and new values of a role; what is absent is deleted."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset(
        {"roleTemplateName", "roleTemplateAppId", "name", "scopes", "isReadOnly", "appName"}
        | {"appDescription", "roleCollectionReferences", "roleCapabilityIDList"}
    )

    description: str | None = None
    attribute_list: list[RoleAttributeInput] = Field(
        default_factory=list, alias="attributeList", max_length=_MAX_ATTRIBUTES
    )

    @property
    def attributes(self) -> dict[str, RoleAttribute]:
        """The values by attribute; raise InvalidRequest for an attribute that occurs twice."""
        found: dict[str, RoleAttribute] = {}
        for each in self.attribute_list:
            if each.attribute_name in found:
                path = f"attributeList.{each.attribute_name[:64]}"
                raise InvalidRequest.at(path, "two entries", "one")
            found[each.attribute_name] = each.values
        return found


class RoleInput(RoleChange):
    """A role to create of a template."""

    READ_ONLY: ClassVar[frozenset[str]] = RoleChange.READ_ONLY - {
        *("roleTemplateName", "roleTemplateAppId", "name")
    }

    role_template_app_id: _Text = Field(alias="roleTemplateAppId")
    role_template_name: _Text = Field(alias="roleTemplateName")
    name: _Text

    @property
    def key(self) -> RoleKey:
        """The key of the role."""
        return RoleKey(self.role_template_app_id, self.role_template_name, self.name)
