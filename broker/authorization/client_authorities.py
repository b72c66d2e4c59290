"""Which scopes an OAuth client holds by itself, without any other application's grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.descriptor.declarations import Usage, declarations
from broker.descriptor.names import APIACCESS_SCOPES
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from broker.descriptor.model import Descriptor
    from broker.descriptor.names import AppId

_EVERY_CLIENT = "uaa.resource"


def own_authorities(plan: Plan, app_id: AppId, descriptor: Descriptor | None) -> tuple[str, ...]:
    """Return the client's scopes, sorted: its platform scopes and its own that it asks for.

    Only scopes that the descriptor itself defines count, under the application's own prefix: no
    descriptor gives itself anything else (D-29).
    """
    if plan is Plan.APIACCESS:
        return APIACCESS_SCOPES
    if descriptor is None:
        return (_EVERY_CLIENT,)
    defined = {app_id.qualify(scope.name) for scope in descriptor.scopes}
    wanted = {app_id.qualify(reference) for reference in descriptor.authorities}
    return tuple(sorted({_EVERY_CLIENT} | {scope for scope in defined & wanted if scope}))


def accepts_grants(descriptor: Descriptor | None) -> bool:
    """Tell whether the client wants authorities that other applications grant it."""
    return descriptor is not None and any(
        declaration.usage is Usage.AUTHORITIES for declaration in declarations(descriptor)
    )
