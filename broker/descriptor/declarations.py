"""The references of a descriptor to applications; those to the platform's have no effect (D-56)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from broker.descriptor.references import (
    EVERYTHING,
    AcceptAll,
    Application,
    ForeignScope,
    PlatformApplication,
    parse_application,
    parse_scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.descriptor.model import Descriptor

EVERY_APPLICATION = Application()
"""Any application: ``$ACCEPT_GRANTED_…``, or ``*`` in ``granted-apps``."""

_OWN = "$XSAPPNAME."


class Usage(StrEnum):
    """The purpose of a reference to another application: the key that contains it."""

    GRANTED_APPS = "granted-apps"
    GRANT_AS_AUTHORITY = "grant-as-authority-to-apps"
    AUTHORITIES = "authorities"
    FOREIGN_SCOPES = "foreign-scope-references"
    SCOPE_REFERENCES = "scope-references"
    ROLE_TEMPLATE_REFERENCES = "role-template-references"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One reference to another application.

    ``path`` is its JSON path. ``holder`` is the own scope that is granted, or the role template or
    collection that contains the reference. ``name`` is the other application's scope or role
    template, empty for all of them.
    """

    path: str
    usage: Usage
    application: Application
    holder: str = ""
    name: str = ""


def declarations(descriptor: Descriptor) -> Iterator[Declaration]:
    """Yield every reference to another application, in document order."""
    for index, scope in enumerate(descriptor.scopes):
        lists = {
            Usage.GRANTED_APPS: scope.granted_apps,
            Usage.GRANT_AS_AUTHORITY: scope.grant_as_authority_to_apps,
        }
        for usage, texts in lists.items():
            for position, text in enumerate(texts):
                application = granted_application(usage, text)
                if isinstance(application, Application) and scope.name.startswith(_OWN):
                    path = f"scopes[{index}].{usage}[{position}]"
                    yield Declaration(path, usage, application, scope.name.removeprefix(_OWN))
    yield from _foreign(Usage.AUTHORITIES, "authorities", descriptor.authorities)
    yield from _foreign(
        Usage.FOREIGN_SCOPES, "foreign-scope-references", descriptor.foreign_scope_references
    )
    for index, template in enumerate(descriptor.role_templates):
        path = f"role-templates[{index}].scope-references"
        yield from _foreign(Usage.SCOPE_REFERENCES, path, template.scope_references, template.name)
    own = {template.name for template in descriptor.role_templates}
    for index, collection in enumerate(descriptor.role_collections):
        path = f"role-collections[{index}].role-template-references"
        foreign = [
            text if text not in own else _OWN + text for text in collection.role_template_references
        ]
        yield from _foreign(Usage.ROLE_TEMPLATE_REFERENCES, path, foreign, collection.name)


def granted_application(usage: Usage, text: str) -> Application | PlatformApplication | None:
    """Return the application to which a scope is granted; None if the reference is invalid."""
    if text == EVERYTHING:
        # A user's scopes may be granted to every application, a client's authorities may not.
        return EVERY_APPLICATION if usage is Usage.GRANTED_APPS else None
    return parse_application(text)


def _foreign(usage: Usage, path: str, texts: list[str], holder: str = "") -> Iterator[Declaration]:
    for position, text in enumerate(texts):
        match parse_scope(text):
            case AcceptAll():
                application, name = EVERY_APPLICATION, ""
            case ForeignScope(application, name):
                pass
            case _:
                continue
        yield Declaration(f"{path}[{position}]", usage, application, holder, name)
