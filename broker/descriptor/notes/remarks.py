"""Notes on references that are allowed but have no effect, or a narrower one than it seems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.descriptor.declarations import declarations
from broker.descriptor.model import GrantType
from broker.descriptor.names import (
    USER_SCOPES,
    XSAPPNAME_PLACEHOLDER,
    is_platform_scope,
    is_reserved,
)
from broker.descriptor.paths import printable
from broker.descriptor.references import (
    OwnScope,
    PlatformApplication,
    PlatformScope,
    administration_scopes,
    parse_application,
    parse_scope,
)
from broker.redirects.pattern import remark_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.descriptor.model import Descriptor

NEEDS_APPROVAL = (
    "takes effect only once the operator has approved the application: applications approve"
    " <xsappname> --zone <zone>."
)
"""The note on administration scopes (D-57)."""

_UNSUPPORTED_GRANTS = frozenset({GrantType.USER_TOKEN, GrantType.SAML2_BEARER})
_PLATFORM_S_OWN = "is the platform's own, not defined by this application"


def remarks(descriptor: Descriptor) -> Iterator[str]:
    """Yield the notes: the platform's names (D-56), undefined authorities, bare names (D-54)."""
    for index, scope in enumerate(descriptor.scopes):
        if is_platform_scope(scope.name):
            yield f"scopes[{index}]: {scope.name} {_PLATFORM_S_OWN}."
        for key, texts in (
            ("granted-apps", scope.granted_apps),
            ("grant-as-authority-to-apps", scope.grant_as_authority_to_apps),
        ):
            for position, text in enumerate(texts):
                if isinstance(parse_application(text), PlatformApplication):
                    yield _without_effect(f"scopes[{index}].{key}[{position}]", text)
    for index, template in enumerate(descriptor.role_templates):
        path = f"role-templates[{index}].scope-references"
        yield from _platform_names(path, template.scope_references)
    for index, collection in enumerate(descriptor.role_collections):
        path = f"role-collections[{index}].role-template-references"
        for position, text in enumerate(collection.role_template_references):
            if isinstance(parse_scope(text), PlatformApplication):
                yield _without_effect(f"{path}[{position}]", text)
    yield from _authorities(descriptor)
    yield from _foreign_scopes(descriptor.foreign_scope_references)
    yield from _reserved_names(descriptor)
    yield from _bare_names(descriptor)
    yield from _redirect_uris(descriptor)
    yield from _grant_types(descriptor)


def _redirect_uris(descriptor: Descriptor) -> Iterator[str]:
    for index, uri in enumerate(descriptor.oauth2_configuration.redirect_uris):
        if remark := remark_on(uri):
            yield f"oauth2-configuration.redirect-uris[{index}]: {remark}."


def _grant_types(descriptor: Descriptor) -> Iterator[str]:
    for index, name in enumerate(descriptor.oauth2_configuration.grant_types or ()):
        if name in _UNSUPPORTED_GRANTS:
            path = f"oauth2-configuration.grant-types[{index}]"
            yield f"{path}: {name} is deprecated and not supported; it has no effect."


def _authorities(descriptor: Descriptor) -> Iterator[str]:
    defined = {scope.name for scope in descriptor.scopes}
    for index, text in enumerate(descriptor.authorities):
        path = f"authorities[{index}]"
        match parse_scope(text):
            case OwnScope() if text not in defined:
                yield f"{path}: {printable(text)} has no effect until the scope is defined."
            case PlatformScope(name) if name in USER_SCOPES:
                yield f"{path}: {name} has no effect: it is a scope of user tokens."
            case PlatformScope(name) if name != "uaa.resource":
                yield _without_effect(path, name)
            case PlatformApplication():
                yield _without_effect(path, text)
            case _:
                pass


def _foreign_scopes(texts: list[str]) -> Iterator[str]:
    for position, text in enumerate(texts):
        path = f"foreign-scope-references[{position}]"
        if administration_scopes(text):
            yield f"{path}: {printable(text)} {NEEDS_APPROVAL}"
        else:
            yield from _platform_name(path, text)


def _platform_names(path: str, texts: list[str]) -> Iterator[str]:
    for position, text in enumerate(texts):
        yield from _platform_name(f"{path}[{position}]", text)


def _platform_name(path: str, text: str) -> Iterator[str]:
    match parse_scope(text):
        case PlatformScope(name) if name not in USER_SCOPES:
            yield _without_effect(path, name)
        case PlatformApplication():
            yield _without_effect(path, text)
        case _:
            pass


def _without_effect(path: str, text: str) -> str:
    return f"{path}: {printable(text)} {_PLATFORM_S_OWN}; it has no effect here."


def _reserved_names(descriptor: Descriptor) -> Iterator[str]:
    noted = set[str]()
    for declaration in declarations(descriptor):
        name = declaration.application.xsappname.partition("!")[0]
        if name and name not in noted and is_reserved(name):
            noted.add(name)
            yield (
                f"{declaration.path}: {name} is a reserved name; the reference has no effect unless"
                " an application already had it."
            )


def _bare_names(descriptor: Descriptor) -> Iterator[str]:
    noted = set[str]()
    for declaration in declarations(descriptor):
        text = declaration.application.xsappname
        if declaration.application.in_own_space and text not in noted:
            noted.add(text)
            long = f"{XSAPPNAME_PLACEHOLDER}(application,{text.partition('!')[0]})"
            yield (
                f"{declaration.path}: {text} is read as {long} of the own space; the long form is"
                " clearer and not limited to the space."
            )
