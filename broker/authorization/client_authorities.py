"""The scopes that an OAuth client holds without a grant by another application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.descriptor.names import APIACCESS_SCOPES
from broker.descriptor.references import AcceptAll, ForeignScope, parse_scope
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from broker.descriptor.model import Descriptor
    from broker.descriptor.names import AppId

_EVERY_CLIENT = "uaa.resource"


UNAPPROVED = (_EVERY_CLIENT,)
"""The scopes of an instance of plan apiaccess before its approval (D-57)."""


def own_authorities(
    plan: Plan, app_id: AppId, descriptor: Descriptor | None, *, is_approved: bool = False
) -> tuple[str, ...]:
    """Return the client's platform scopes and its own requested scopes, sorted.

    ``is_approved`` matters for plan apiaccess only (D-57).

    Only scopes that the descriptor defines are granted, with the application's own prefix: a
    descriptor cannot grant itself other scopes (D-29).
    """
    if plan is Plan.APIACCESS:
        return APIACCESS_SCOPES if is_approved else UNAPPROVED
    if descriptor is None:
        return (_EVERY_CLIENT,)
    defined = {app_id.qualify(scope.name) for scope in descriptor.scopes}
    requested = {app_id.qualify(reference) for reference in descriptor.authorities}
    return tuple(sorted({_EVERY_CLIENT} | {scope for scope in defined & requested if scope}))


def accepts_grants(descriptor: Descriptor | None) -> bool:
    """Return whether the descriptor accepts authorities granted by other applications."""
    return descriptor is not None and any(
        isinstance(parse_scope(text), AcceptAll | ForeignScope) for text in descriptor.authorities
    )
