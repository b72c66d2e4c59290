"""Rules that involve several values: references, unique names, counts."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from broker.descriptor.declarations import Usage, declarations, granted_application
from broker.descriptor.limits import MAX_REFERENCES
from broker.descriptor.names import AppId
from broker.descriptor.paths import printable
from broker.descriptor.references import (
    APPLICATION_FORMS,
    EVERYTHING,
    SCOPE_FORMS,
    AcceptAll,
    ForeignScope,
    OwnScope,
    PlatformApplication,
    PlatformScope,
    parse_scope,
)
from broker.descriptor.token_size import too_large_authorities
from broker.errors import Violation
from broker.redirects.policy import grammar_violations

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from broker.descriptor.model import Descriptor, RoleTemplate

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
            Usage.GRANTED_APPS: scope.granted_apps,
            Usage.GRANT_AS_AUTHORITY: scope.grant_as_authority_to_apps,
        }
        for usage, applications in lists.items():
            for position, text in enumerate(applications):
                if granted_application(usage, text) is None:
                    path = f"scopes[{index}].{usage}[{position}]"
                    yield _invalid(path, text, APPLICATION_FORMS)
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
            case ForeignScope(name=name) | PlatformApplication(scope=name) if name:
                pass
            case _:
                yield _invalid(place, text, SCOPE_FORMS)
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
            elif not _names_foreign_template(text):
                yield Undefined(path, f"{_quoted(text)} is not defined", _listed(templates))


def _names_foreign_template(text: str) -> bool:
    match parse_scope(text):
        case ForeignScope(name=name) | PlatformApplication(scope=name):
            # Without a dot it is the misspelled name of an own template.
            return bool(name) or "(" in text
        case _:
            return False


def _authorities(descriptor: Descriptor, defined: _Names) -> Iterator[Violation]:
    for index, text in enumerate(descriptor.authorities):
        place = f"authorities[{index}]"
        if "." not in text and text in defined:
            yield _invalid(place, text, f"{_OWN}{text} for the own scope")
        elif parse_scope(text) in {None, AcceptAll.SCOPES}:
            yield _invalid(place, text, f"{AcceptAll.AUTHORITIES}, {SCOPE_FORMS}")


def _foreign_scopes(descriptor: Descriptor) -> Iterator[Violation]:
    for index, text in enumerate(descriptor.foreign_scope_references):
        match parse_scope(text):
            case ForeignScope() | PlatformScope() | PlatformApplication() | AcceptAll.SCOPES:
                pass
            case _:
                allowed = f"{AcceptAll.SCOPES}, uaa.user, user_attributes, {SCOPE_FORMS}"
                yield _invalid(f"foreign-scope-references[{index}]", text, allowed)


def _too_many_references(descriptor: Descriptor) -> Iterator[Violation]:
    # Each one is a row, written while other changes of the zone wait.
    count = sum(1 for _ in declarations(descriptor))
    if count > MAX_REFERENCES:
        yield Violation(
            "$", f"{count} references to other applications", f"at most {MAX_REFERENCES}"
        )


def _defined_scopes(descriptor: Descriptor) -> _Names:
    own = (scope.name for scope in descriptor.scopes if scope.name.startswith(_OWN))
    return dict.fromkeys(name.removeprefix(_OWN) for name in own)


def _defined_attributes(descriptor: Descriptor) -> _Names:
    return dict.fromkeys(attribute.name for attribute in descriptor.attributes)


def _invalid(path: str, text: str, allowed: str) -> Violation:
    found = '"*", which only granted-apps allows' if text == EVERYTHING else _quoted(text)
    return Violation(path, found, allowed)


def _quoted(text: str) -> str:
    return f'"{printable(text)}"'


def _listed(names: Mapping[str, object]) -> str:
    return (
        ", ".join(printable(name) for name in islice(names, 20))
        or "a name that the descriptor defines"
    )
