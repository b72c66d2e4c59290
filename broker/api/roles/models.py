"""The JSON of roles and role templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from broker.api.models import ResponseModel, is_absent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.views.model import RoleView, TemplateAttribute, TemplateView

_ORIGINS = {"static": "static", "idp": "saml", "unrestricted": "static"}
"""Origins of values by the original's names; values of a provider are ``saml``."""


class RoleAttribute(ResponseModel):
    """The values of a role for an attribute; ``[null]`` for an unrestricted one."""

    attribute_name: str = Field(alias="attributeName")
    attribute_value_origin: str = Field(alias="attributeValueOrigin")
    attribute_values: list[str | None] = Field(alias="attributeValues")
    value_required: bool = Field(alias="valueRequired")
    description: str | None = None


class ScopeName(ResponseModel):
    """A scope of a role, by its full name."""

    name: str


class RoleCollectionReference(ResponseModel):
    """A role collection that contains the role."""

    name: str
    description: str | None = None


class Role(ResponseModel):
    """A role; a default role, which follows its template, is read-only."""

    role_template_name: str = Field(alias="roleTemplateName")
    role_template_app_id: str = Field(alias="roleTemplateAppId")
    name: str
    attribute_list: list[RoleAttribute] = Field(alias="attributeList")
    description: str | None = None
    scopes: list[ScopeName]
    is_read_only: bool = Field(alias="isReadOnly")
    app_name: str = Field(alias="appName")
    role_collection_references: list[RoleCollectionReference] = Field(
        alias="roleCollectionReferences"
    )


class AttributeReference(ResponseModel):
    """An attribute that restricts the roles of a template."""

    name: str
    value_required: bool = Field(alias="valueRequired")
    default_values: list[str] = Field(alias="default-values")
    value_type: str = Field(alias="valueType")
    description: str | None = Field(default=None, exclude_if=is_absent)


class RoleTemplate(ResponseModel):
    """A role template."""

    name: str
    description: str | None = Field(default=None, exclude_if=is_absent)
    default_role_name: str | None = Field(
        default=None, alias="default-role-name", exclude_if=is_absent
    )
    scope_references: list[str] = Field(alias="scope-references")
    attribute_references: list[AttributeReference] = Field(alias="attribute-references")
    role_references: list[Role] = Field(alias="role-references")
    app_id: str = Field(alias="appId")
    app_name: str = Field(alias="appName")


def role_of(view: RoleView) -> Role:
    """Return the JSON of a role."""
    role, template = view.role, view.template
    return Role(
        role_template_name=role.key.template,
        role_template_app_id=role.key.app_id,
        name=role.key.name,
        attribute_list=[_attribute(view, each) for each in template.attributes],
        description=role.description if role.description is not None else template.description,
        scopes=[ScopeName(name=each) for each in template.scopes],
        is_read_only=role.is_default,
        app_name=app_name(role.key.app_id),
        role_collection_references=[
            RoleCollectionReference(name=name, description=description)
            for name, description in view.collections
        ],
    )


def template_of(template: TemplateView, roles: Sequence[RoleView]) -> RoleTemplate:
    """Return the JSON of a template with these roles."""
    return RoleTemplate(
        name=template.name,
        description=template.description,
        default_role_name=template.default_role,
        scope_references=list(template.scopes),
        attribute_references=[
            AttributeReference(
                name=each.name,
                value_required=each.value_required,
                default_values=list(each.default_values),
                value_type=each.value_type,
                description=each.description,
            )
            for each in template.attributes
        ],
        role_references=[role_of(each) for each in roles],
        app_id=template.app_id,
        app_name=app_name(template.app_id),
    )


def app_name(app_id: str) -> str:
    """Return the name in an application id."""
    return app_id.rpartition("!")[0] or app_id


def _attribute(view: RoleView, attribute: TemplateAttribute) -> RoleAttribute:
    given = view.values_of(attribute)
    unrestricted = given.origin == "unrestricted"
    return RoleAttribute(
        attribute_name=attribute.name,
        attribute_value_origin=_ORIGINS[given.origin],
        attribute_values=[None] if unrestricted else list(given.values),
        value_required=attribute.value_required,
        description=attribute.description,
    )
