"""The JSON of role collections; empty arrays are left out, as in the original."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from broker.api.models import ResponseModel
from broker.authorization.collections.model import GROUPS

if TYPE_CHECKING:
    from broker.authorization.collections.model import CollectionMapping
    from broker.authorization.collections.model import RoleCollection as StoredCollection
    from broker.authorization.views.model import CollectionView, HeldRole, Member


class RoleReference(ResponseModel):
    """A role by application, template and name."""

    role_template_app_id: str = Field(alias="roleTemplateAppId")
    role_template_name: str = Field(alias="roleTemplateName")
    name: str
    description: str | None = None


class UserReference(ResponseModel):
    """A user to whom a collection is assigned."""

    id: str
    username: str
    zone_id: str = Field(alias="zoneId")
    email: str | None = None
    given_name: str | None = Field(default=None, alias="givenName")
    family_name: str | None = Field(default=None, alias="familyName")
    origin: str


class RoleCollectionAttribute(ResponseModel):
    """A mapping of a provider's attribute; each value has an old and a new name."""

    role_collection_name: str = Field(alias="roleCollectionName")
    role_collection_identity_zone: str = Field(alias="roleCollectionIdentityZone")
    saml_attr_name: str = Field(alias="samlAttrName")
    attribute_name: str = Field(alias="attributeName")
    saml_attr_value: str = Field(alias="samlAttrValue")
    saml_attribute_value: str = Field(alias="samlAttributeValue")
    attribute_value: str = Field(alias="attributeValue")
    comparison_operator: str = Field(alias="comparisonOperator")
    saml_entity_id: str = Field(alias="samlEntityId")
    idp_id: str = Field(alias="idpId")
    idp_display_name: str = Field(alias="idpDisplayName")


class RoleCollection(ResponseModel):
    """A role collection."""

    name: str
    description: str | None = None
    role_references: Annotated[list[RoleReference] | None, Field(alias="roleReferences")] = None
    user_references: Annotated[list[UserReference] | None, Field(alias="userReferences")] = None
    group_references: Annotated[
        list[RoleCollectionAttribute] | None, Field(alias="groupReferences")
    ] = None
    saml_attribute_assignment: Annotated[
        list[RoleCollectionAttribute] | None, Field(alias="samlAttributeAssignment")
    ] = None
    is_read_only: bool = Field(alias="isReadOnly")


def role_collection(view: CollectionView, zone: str) -> RoleCollection:
    """Return the JSON of a collection with the parts that were read."""
    mappings = [mapping_of(each, zone) for each in view.mappings]
    groups = [each for each in mappings if each.attribute_name == GROUPS]
    return RoleCollection(
        name=view.collection.name,
        description=view.collection.description,
        role_references=[_role(each) for each in view.roles] or None,
        user_references=[_user(each, zone) for each in view.members] or None,
        group_references=groups or None,
        saml_attribute_assignment=mappings or None,
        is_read_only=view.collection.is_read_only,
    )


def without_parts(collection: StoredCollection) -> RoleCollection:
    """Return the JSON of a collection alone."""
    return RoleCollection(
        name=collection.name,
        description=collection.description,
        is_read_only=collection.is_read_only,
    )


def mapping_of(mapping: CollectionMapping, zone: str) -> RoleCollectionAttribute:
    """Return the JSON of a mapping."""
    return RoleCollectionAttribute(
        role_collection_name=mapping.collection,
        role_collection_identity_zone=zone,
        saml_attr_name=mapping.attribute,
        attribute_name=mapping.attribute,
        saml_attr_value=mapping.value,
        saml_attribute_value=mapping.value,
        attribute_value=mapping.value,
        comparison_operator=mapping.operator,
        saml_entity_id=mapping.origin,
        idp_id=mapping.origin,
        idp_display_name=mapping.origin,
    )


def _role(held: HeldRole) -> RoleReference:
    return RoleReference(
        role_template_app_id=held.key.app_id,
        role_template_name=held.key.template,
        name=held.key.name,
        description=held.description,
    )


def _user(member: Member, zone: str) -> UserReference:
    return UserReference(
        id=member.user_id,
        username=member.name,
        zone_id=zone,
        email=member.email,
        given_name=member.given_name,
        family_name=member.family_name,
        origin=member.origin,
    )
