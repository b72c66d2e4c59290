"""Rules that involve several values: references, unique names, counts."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from broker.descriptor.declarations import declarations
from broker.descriptor.limits import MAX_REFERENCES
from broker.descriptor.names import AppId
from broker.descriptor.paths import printable
from broker.descriptor.references import (
    APPLICATION_FORMS,
    SCOPE_FORMS,
    AcceptAll,
    ForeignScope,
    OwnScope,
    PlatformScope,
    parse_application,
    parse_scope,
)
from broker.descriptor.token_size import too_large_authorities
from broker.errors import Violation
from broker.redirects.pattern import remark_on
from broker.redirects.policy import grammar_violations

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from broker.descriptor.model import Descriptor, RoleTemplate
    from broker.descriptor.references import Reference

    _Names = Mapping[str, object]

MAX_GRANTED_SCOPES = 250
MAX_QUALIFIED_SCOPE = 193
_LOWEST_INDEX = 1

_OWN = "$XSAPPNAME."


class Undefined(Violation):
    """A reference to a name that the document does not define."""


def violations(descriptor: Descriptor) -> Iterator[Violation]:
    """Yield every violation, in document order."""
    yield from _repeated("scopes", [scope.name for scope in descriptor.scopes])
    lowest = str(AppId(descriptor.xsappname, "t", _LOWEST_INDEX))
    yield from too_long_scopes(descriptor, lowest)
    yield from _grants(descriptor)
    yield from _repeated("attributes", [attribute.name for attribute in descriptor.attributes])
    yield from _repeated("role-templates", [part.name for part in descriptor.role_templates])
    scopes, attributes = _defined_scopes(descriptor), _defined_attributes(descriptor)
    for index, template in enumerate(descriptor.role_templates):
        yield from _template(template, f"role-templates[{index}]", scopes, attributes)
    yield from _repeated("role-collections", [part.name for part in descriptor.role_collections])
    yield from _collections(descriptor)
    yield from _authorities(descriptor, scopes)
    yield from too_large_authorities(descriptor, lowest)
    yield from _foreign_scopes(descriptor)
    yield from grammar_violations(descriptor.oauth2_configuration.redirect_uris)
    yield from _too_many_references(descriptor)


def has_default_role(descriptor: Descriptor, template: RoleTemplate) -> bool:
    """Return whether a role can be created from the template without an administrator's input.

    Every referenced attribute with a required value needs default values.
    """
    return _has_default_role(template, _required_attributes(descriptor))


def _required_attributes(descriptor: Descriptor) -> set[str]:
    return {part.name for part in descriptor.attributes if part.value_required}


def _has_default_role(template: RoleTemplate, required: Container[str]) -> bool:
    return all(
        reference.default_values or reference.name not in required
        for reference in template.attribute_references
    )


def remarks(descriptor: Descriptor) -> Iterator[str]:
    """Yield a note for each value that has no effect, or is read as today's spelling."""
    for index, text in enumerate(descriptor.authorities):
        if isinstance(parse_scope(text), PlatformScope) and text != "uaa.resource":
            yield f"authorities[{index}]: {text} has no effect: it is a scope of user tokens."
    for index, uri in enumerate(descriptor.oauth2_configuration.redirect_uris):
        if remark := remark_on(uri):
            yield f"oauth2-configuration.redirect-uris[{index}]: {remark}."


def too_long_scopes(descriptor: Descriptor, app_id: str) -> Iterator[Violation]:
    """Yield the scopes whose names are too long with the application id as prefix."""
    for index, scope in enumerate(descriptor.scopes):
        length = len(app_id) + len(scope.name.removeprefix("$XSAPPNAME"))
        if length > MAX_QUALIFIED_SCOPE:
            yield Violation(
                f"scopes[{index}].name",
                f"{length} characters with {app_id} in place of $XSAPPNAME",
                f"at most {MAX_QUALIFIED_SCOPE}",
            )


def _repeated(path: str, names: Sequence[str]) -> Iterator[Violation]:
    seen = set[str]()
    for index, name in enumerate(names):
        if name in seen:
            found = f"duplicate name {_quoted(name)}"
            yield Violation(f"{path}[{index}].name", found, "unique names")
        seen.add(name)


def _grants(descriptor: Descriptor) -> Iterator[Violation]:
    granted = 0
    for index, scope in enumerate(descriptor.scopes):
        granted += bool(scope.granted_apps or scope.grant_as_authority_to_apps)
        lists = {
            "granted-apps": scope.granted_apps,
            "grant-as-authority-to-apps": scope.grant_as_authority_to_apps,
        }
        for key, applications in lists.items():
            for position, text in enumerate(applications):
                if parse_application(text) is None:
                    path = f"scopes[{index}].{key}[{position}]"
                    yield Violation(path, _quoted(text), APPLICATION_FORMS)
    if granted > MAX_GRANTED_SCOPES:
        yield Violation(
            "scopes",
            f"{granted} scopes are granted to other applications",
            f"at most {MAX_GRANTED_SCOPES}",
        )


def _template(
    template: RoleTemplate, path: str, defined: _Names, attributes: _Names
) -> Iterator[Violation]:
    for index, text in enumerate(template.scope_references):
        place = f"{path}.scope-references[{index}]"
        match parse_scope(text):
            case OwnScope(name) if name not in defined:
                yield Undefined(place, f"{_quoted(text)} is not defined", _listed(defined))
            case OwnScope() | PlatformScope():
                pass
            case ForeignScope(name=name) if name:
                pass
            case _:
                yield Violation(place, _quoted(text), SCOPE_FORMS)
    for index, reference in enumerate(template.attribute_references):
        if reference.name not in attributes:
            place = f"{path}.attribute-references[{index}]"
            yield Undefined(place, f"{_quoted(reference.name)} is not defined", _listed(attributes))


def _collections(descriptor: Descriptor) -> Iterator[Violation]:
    required = _required_attributes(descriptor)
    templates = {part.name: _has_default_role(part, required) for part in descriptor.role_templates}
    for index, collection in enumerate(descriptor.role_collections):
        for position, text in enumerate(collection.role_template_references):
            path = f"role-collections[{index}].role-template-references[{position}]"
            name = text.removeprefix(_OWN)
            if name in templates:
                if not templates[name]:
                    yield Violation(
                        path,
                        f'template "{name}" has required attributes without default-values',
                        "a template with a default role",
                    )
            elif not isinstance(parse_scope(text), ForeignScope) or text.startswith(_OWN):
                yield Undefined(path, f"{_quoted(text)} is not defined", _listed(templates))


def _authorities(descriptor: Descriptor, defined: _Names) -> Iterator[Violation]:
    for index, text in enumerate(descriptor.authorities):
        place = f"authorities[{index}]"
        match parse_scope(text):
            case OwnScope(name) if name not in defined:
                yield Undefined(place, f"{_quoted(text)} is not defined", _listed(defined))
            case None | AcceptAll.SCOPES:
                yield Violation(place, _quoted(text), f"{AcceptAll.AUTHORITIES}, {SCOPE_FORMS}")
            case _:
                pass


def _foreign_scopes(descriptor: Descriptor) -> Iterator[Violation]:
    for index, text in enumerate(descriptor.foreign_scope_references):
        found: Reference | None = parse_scope(text)
        if not isinstance(found, ForeignScope | PlatformScope) and found is not AcceptAll.SCOPES:
            yield Violation(
                f"foreign-scope-references[{index}]",
                _quoted(text),
                f"{AcceptAll.SCOPES}, uaa.user, user_attributes, {SCOPE_FORMS}",
            )


def _too_many_references(descriptor: Descriptor) -> Iterator[Violation]:
    # Each one is a row, written while other changes of the zone wait.
    count = sum(1 for _ in declarations(descriptor))
    if count > MAX_REFERENCES:
        yield Violation(
            "$", f"{count} references to other applications", f"at most {MAX_REFERENCES}"
        )


def _defined_scopes(descriptor: Descriptor) -> _Names:
    return dict.fromkeys(scope.name.removeprefix(_OWN) for scope in descriptor.scopes)


def _defined_attributes(descriptor: Descriptor) -> _Names:
    return dict.fromkeys(attribute.name for attribute in descriptor.attributes)


def _quoted(text: str) -> str:
    return f'"{printable(text)}"'


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(printable(name) for name in islice(names, 20)) or "none is defined"
