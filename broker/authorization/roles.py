"""A descriptor's role declarations: attributes, templates, default roles, collections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broker.descriptor.consistency import has_default_role
from broker.descriptor.names import USER_SCOPES
from broker.descriptor.references import OwnScope, PlatformScope, parse_scope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from broker.descriptor.model import Descriptor, RoleCollection, RoleTemplate, ValueType

_OWN = "$XSAPPNAME."


@dataclass(frozen=True, slots=True)
class DeclaredAttribute:
    """An attribute that restricts roles."""

    name: str
    description: str | None
    value_type: ValueType
    value_required: bool


@dataclass(frozen=True, slots=True)
class DeclaredRestriction:
    """An attribute that restricts a template's roles, with the default role's values."""

    attribute: str
    default_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeclaredTemplate:
    """A role template with its own and platform scopes, as the descriptor writes them.

    ``default_role`` is the name of its default role, None if it has none.
    """

    name: str
    description: str | None
    scopes: tuple[str, ...]
    restrictions: tuple[DeclaredRestriction, ...]
    default_role: str | None


@dataclass(frozen=True, slots=True)
class DeclaredCollection:
    """A role collection with the own templates whose default roles it contains."""

    name: str
    description: str | None
    templates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeclaredRoles:
    """All role declarations of an application, without references to other applications."""

    attributes: tuple[DeclaredAttribute, ...]
    templates: tuple[DeclaredTemplate, ...]
    collections: tuple[DeclaredCollection, ...]

    def without_collections(self, names: Collection[str]) -> DeclaredRoles:
        """Return the declarations without the collections of these names."""
        kept = tuple(each for each in self.collections if each.name not in names)
        return replace(self, collections=kept)


def declared_roles(descriptor: Descriptor) -> DeclaredRoles:
    """Return the descriptor's roles; foreign scopes and templates are references (D-30)."""
    templates = tuple(_template(descriptor, part) for part in descriptor.role_templates)
    with_role = {part.name for part in templates if part.default_role is not None}
    return DeclaredRoles(
        attributes=tuple(
            DeclaredAttribute(part.name, part.description, part.value_type, part.value_required)
            for part in descriptor.attributes
        ),
        templates=templates,
        collections=tuple(_collection(part, with_role) for part in descriptor.role_collections),
    )


def _template(descriptor: Descriptor, template: RoleTemplate) -> DeclaredTemplate:
    return DeclaredTemplate(
        name=template.name,
        description=template.description,
        scopes=tuple(_scopes_without_foreign(template)),
        restrictions=tuple(_restrictions(template)),
        default_role=_default_role(descriptor, template),
    )


def _default_role(descriptor: Descriptor, template: RoleTemplate) -> str | None:
    if not has_default_role(descriptor, template):
        return None
    return template.default_role_name or template.name


def _scopes_without_foreign(template: RoleTemplate) -> Iterator[str]:
    for text in template.scope_references:
        match parse_scope(text):
            case OwnScope():
                yield text
            # No template gives its users an administrator's scope (D-56).
            case PlatformScope(name) if name in USER_SCOPES:
                yield text
            case _:
                pass


def _restrictions(template: RoleTemplate) -> Iterator[DeclaredRestriction]:
    # A template may refer to an attribute twice; the last reference applies.
    values = {part.name: part.default_values for part in template.attribute_references}
    for name, default_values in values.items():
        yield DeclaredRestriction(name, tuple(default_values))


def _collection(collection: RoleCollection, with_role: set[str]) -> DeclaredCollection:
    names = [text.removeprefix(_OWN) for text in collection.role_template_references]
    return DeclaredCollection(
        name=collection.name,
        description=collection.description,
        templates=tuple(dict.fromkeys(name for name in names if name in with_role)),
    )
