"""The differences between two descriptors, and those that an update refuses."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from broker.descriptor.consistency import has_default_role
from broker.descriptor.model import ValueType
from broker.errors import WHOLE_DOCUMENT, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from broker.descriptor.model import Attribute, Descriptor, RoleTemplate
    from broker.descriptor.part import DescriptorPart


@dataclass(frozen=True, slots=True)
class Change:
    """One difference and its effect."""

    path: str
    what: str
    effect: str = ""

    def __str__(self) -> str:
        text = self.what if self.path == WHOLE_DOCUMENT else f"{self.path}: {self.what}"
        return text + (f"; {self.effect}" if self.effect else "")

    def as_json(self) -> dict[str, Any]:
        """Return the change as a JSON object."""
        return asdict(self)


UNREADABLE = Change(
    WHOLE_DOCUMENT,
    "the stored descriptor does not satisfy the rules of this version",
    "its differences from the new one are unknown",
)
"""Stands for all differences from a descriptor that an older version accepted."""


@dataclass(frozen=True, slots=True)
class ProtectedAttribute:
    """The members of an attribute that an update must not change freely."""

    value_type: str
    value_required: bool


@dataclass(frozen=True, slots=True)
class Protections:
    """The attributes and role templates of an application that restrict its updates, by name.

    A template has the default values of each attribute that it references.
    """

    attributes: Mapping[str, ProtectedAttribute]
    templates: Mapping[str, Mapping[str, tuple[str, ...]]]


def protections(descriptor: Descriptor) -> Protections:
    """Return the protections of an application with this descriptor."""
    return Protections(
        {
            part.name: ProtectedAttribute(part.value_type, part.value_required)
            for part in descriptor.attributes
        },
        {
            template.name: {
                part.name: tuple(part.default_values) for part in template.attribute_references
            }
            for template in descriptor.role_templates
        },
    )


def immutable_changes(old: Descriptor, new: Descriptor) -> Iterator[Violation]:
    """Yield the changes of members that no update changes."""
    for key in ("xsappname", "tenant-mode"):
        was, is_now = getattr(old, key.replace("-", "_")), getattr(new, key.replace("-", "_"))
        if was != is_now:
            yield Violation(key, f"a change from {was} to {is_now}", "no change")


def forbidden_changes(old: Protections, new: Descriptor) -> Iterator[Violation]:
    """Yield the changes of attributes and role templates that an update refuses."""
    for index, attribute in enumerate(new.attributes):
        if before := old.attributes.get(attribute.name):
            yield from _forbidden_in_attribute(before, attribute, f"attributes[{index}]")
    for index, template in enumerate(new.role_templates):
        known = old.templates.get(template.name)
        if known is not None:
            yield from _forbidden_in_template(known, template, f"role-templates[{index}]")


def _forbidden_in_attribute(
    old: ProtectedAttribute, new: Attribute, path: str
) -> Iterator[Violation]:
    if _canonical(new.value_type) != _canonical(old.value_type):
        yield Violation(
            f"{path}.valueType", f"a change from {old.value_type} to {new.value_type}", "no change"
        )
    if new.value_required and not old.value_required:
        yield Violation(
            f"{path}.valueRequired", "a change from false to true", "no change, or true to false"
        )


def _canonical(value_type: str) -> str:
    return ValueType.STRING if value_type == ValueType.S else value_type


def _forbidden_in_template(
    known: Mapping[str, tuple[str, ...]], new: RoleTemplate, path: str
) -> Iterator[Violation]:
    # Of several references to one attribute, the last applies.
    last = {part.name: (index, part) for index, part in enumerate(new.attribute_references)}
    for name, (index, reference) in last.items():
        place = f"{path}.attribute-references[{index}]"
        before = known.get(name)
        if before is None:
            yield Violation(
                place,
                f'"{name}" is new in an existing template',
                "attribute references may only be removed; use a new template",
            )
        elif before != tuple(reference.default_values):
            yield Violation(f"{place}.default-values", "different values", "the existing values")


def differences(old: Descriptor, new: Descriptor) -> list[Change]:
    """Return every semantic difference, in document order."""
    return [
        *_texts(old, new, ("xsappname", "tenant-mode", "description")),
        *_named("scopes", old.scopes, new.scopes, _SCOPE_REMOVED),
        *_named("attributes", old.attributes, new.attributes, ""),
        *_named("role-templates", old.role_templates, new.role_templates, _TEMPLATE_REMOVED),
        *_default_roles(old, new),
        *_named(
            "role-collections", old.role_collections, new.role_collections, _COLLECTION_REMOVED
        ),
        *_entries("authorities", old.authorities, new.authorities),
        *_entries(
            "foreign-scope-references", old.foreign_scope_references, new.foreign_scope_references
        ),
        *_configuration(old, new),
    ]


_SCOPE_REMOVED = "new tokens do not contain it"
_TEMPLATE_REMOVED = "its roles are deleted and removed from role collections"
_COLLECTION_REMOVED = "it is deleted and all its assignments to users and groups are lost"


def _texts(old: DescriptorPart, new: DescriptorPart, keys: Sequence[str]) -> Iterator[Change]:
    before, after = _plain(old), _plain(new)
    for key in keys:
        if before.get(key) != after.get(key):
            yield Change(key, f"{_shown(before.get(key))} becomes {_shown(after.get(key))}")


def _named(
    path: str, old: Sequence[Any], new: Sequence[Any], effect_of_removal: str
) -> Iterator[Change]:
    before = {part.name: _plain(part) for part in old}
    after = {part.name: _plain(part) for part in new}
    for name in [name for name in before if name not in after]:
        yield Change(path, f'"{name}" is removed', effect_of_removal)
    for name in [name for name in after if name not in before]:
        yield Change(path, f'"{name}" is added')
    for name in [name for name in before if name in after]:
        for key in dict.fromkeys([*before[name], *after[name]]):
            was, is_now = before[name].get(key), after[name].get(key)
            if was != is_now:
                yield Change(f'{path} "{name}".{key}', f"{_shown(was)} becomes {_shown(is_now)}")


def _default_roles(old: Descriptor, new: Descriptor) -> Iterator[Change]:
    had = {part.name for part in old.role_templates if has_default_role(old, part)}
    kept = {part.name for part in old.role_templates}
    for part in new.role_templates:
        has = has_default_role(new, part)
        if part.name in kept and has != (part.name in had):
            verb = "gets a default role" if has else "loses its default role"
            yield Change("role-templates", f'"{part.name}" {verb}')


def _entries(path: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    before, after = dict.fromkeys(old), dict.fromkeys(new)
    for text in before:
        if text not in after:
            yield Change(path, f'"{text}" is removed')
    for text in after:
        if text not in before:
            yield Change(path, f'"{text}" is added')


def _configuration(old: Descriptor, new: Descriptor) -> Iterator[Change]:
    before, after = _plain(old.oauth2_configuration), _plain(new.oauth2_configuration)
    for key in dict.fromkeys([*before, *after]):
        was, is_now = before.get(key), after.get(key)
        if was == is_now:
            continue
        effect = ""
        if key == "credential-types":
            effect = _effect_on_bindings(was or [], is_now)
        what = f"{_shown(was)} becomes {_shown(is_now)}"
        yield Change(f"oauth2-configuration.{key}", what, effect)


def _effect_on_bindings(old: Sequence[str], new: Sequence[str] | None) -> str:
    if new is None:
        return "the instance keeps its list"
    removed = [type_ for type_ in old if type_ not in new]
    return f"bindings with {' or '.join(removed)} are cut off" if removed else ""


def _plain(part: DescriptorPart) -> Mapping[str, Any]:
    """Return the part as JSON, without absent and default members."""
    return part.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case list():
            return f"[{', '.join(map(str, value))}]"
        case bool():
            return str(value).lower()
        case _:
            return str(value)
