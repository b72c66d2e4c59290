"""The scopes of its descriptor that a client's users may have (I-132)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.descriptor.names import USER_SCOPES
from broker.descriptor.references import PlatformScope, administration_scopes, parse_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.descriptor.model import Descriptor

OWN_PREFIX: Final = "$XSAPPNAME."


def user_scopes(descriptor: Descriptor | None) -> tuple[str, ...]:
    """Return the own scopes as ``$XSAPPNAME.x``, and the platform scopes, sorted.

    The descriptor may name ``uaa.user`` and the like in ``scopes``, ``scope-references`` and
    ``foreign-scope-references``; ``xs_*`` in the last only (D-57). Scopes of other applications
    are references (D-30).
    """
    return () if descriptor is None else tuple(sorted(set(_user_scopes(descriptor))))


def _user_scopes(descriptor: Descriptor) -> Iterator[str]:
    named = [scope.name for scope in descriptor.scopes]
    yield from (name for name in named if name.startswith(OWN_PREFIX))
    for template in descriptor.role_templates:
        named += template.scope_references
    for text in (*named, *descriptor.foreign_scope_references):
        match parse_scope(text):
            case PlatformScope(name) if name in USER_SCOPES:
                yield name
            case _:
                pass
    for text in descriptor.foreign_scope_references:
        yield from administration_scopes(text)
