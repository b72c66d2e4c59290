"""The grant types that a client may use (D-60)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from broker.descriptor.model import GrantType
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Collection

    from broker.descriptor.model import Descriptor

CLIENT_GRANTS: Final = (GrantType.CLIENT_CREDENTIALS.value,)
"""The default of a client without users."""

WITHOUT_USER: Final = frozenset({*CLIENT_GRANTS, GrantType.CLIENT_X509.value})
"""The grants whose tokens have no user."""

DEFAULT_GRANTS: Final = (
    GrantType.REFRESH_TOKEN.value,
    GrantType.SAML2_BEARER.value,
    GrantType.CLIENT_CREDENTIALS.value,
    GrantType.PASSWORD.value,
    GrantType.AUTHORIZATION_CODE.value,
    GrantType.USER_TOKEN.value,
    GrantType.JWT_BEARER.value,
)
"""The default if a descriptor lists none: XSUAA's seven, spelled out. A later addition to
``GrantType`` must not be added here, so that no client gains it by an upgrade."""


def resolved_grant_types(plan: Plan, descriptor: Descriptor | None) -> tuple[str, ...]:
    """Return the grant types to store on provision or update."""
    if plan is Plan.APIACCESS:
        return CLIENT_GRANTS
    if descriptor is None or descriptor.grant_types is None:
        return DEFAULT_GRANTS
    return descriptor.grant_types


def has_user_grants(grant_types: Collection[str]) -> bool:
    """Return whether one of the grant types is for users."""
    return not WITHOUT_USER.issuperset(grant_types)


@dataclass(frozen=True, slots=True)
class UnfilledClient:
    """A client without stored grant types, with its instance's plan and parameters.

    ``parameters`` is None if the stored text is not JSON.
    """

    row_id: int
    plan: str
    parameters: object


def back_filled_grant_types(plan: str, descriptor: Descriptor | None) -> tuple[str, ...]:
    """Return the grant types to back-fill for an instance without stored ones.

    ``descriptor`` is None if this version cannot read it. User grants are back-filled only if the
    descriptor lists them, or has redirect URIs or role templates.
    """
    if plan == Plan.APIACCESS or descriptor is None:
        return CLIENT_GRANTS
    if descriptor.grant_types is not None:
        return descriptor.grant_types
    if descriptor.oauth2_configuration.redirect_uris or descriptor.role_templates:
        return DEFAULT_GRANTS
    return CLIENT_GRANTS
