"""What a descriptor says about the users of its client (I-G1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from broker.authorization.user_scopes import user_scopes
from broker.descriptor.parse import readable_descriptor
from broker.identity.client_settings import ClientSettings
from broker.identity.user import canonical_origin
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from broker.descriptor.model import Descriptor

_DEFAULT: Final = ClientSettings(user_scopes=())

WITHOUT_USERS: Final = ClientSettings(
    allowed_providers=(), system_attributes=(), auto_approve=False, user_scopes=()
)
"""No provider, and no redirect URI: of clients without users."""


@dataclass(frozen=True, slots=True)
class OutdatedSettings:
    """A client that an older version wrote, with its instance's plan and parameters.

    ``parameters`` is None if the stored text is not JSON.
    """

    row_id: int
    epoch: int
    plan: str
    parameters: object


def back_filled_settings(plan: str, parameters: object) -> ClientSettings:
    """Return the settings of a client whose instance has these stored parameters.

    A descriptor that this version cannot read allows no users (D-60).
    """
    if plan == Plan.APIACCESS:
        return WITHOUT_USERS
    descriptor = readable_descriptor(parameters)
    if descriptor is None and parameters != {}:
        return WITHOUT_USERS
    return declared_settings(Plan.APPLICATION, descriptor)


def declared_settings(plan: Plan, descriptor: Descriptor | None) -> ClientSettings:
    """Return the settings to store at provision or update; None is an empty descriptor.

    Plan apiaccess has no users.
    """
    if plan is Plan.APIACCESS:
        return WITHOUT_USERS
    if descriptor is None:
        return _DEFAULT
    given = descriptor.oauth2_configuration
    providers = given.allowedproviders
    return ClientSettings(
        redirect_uris=tuple(given.redirect_uris),
        allowed_providers=(
            None if providers is None else tuple(dict.fromkeys(map(canonical_origin, providers)))
        ),
        system_attributes=(
            _DEFAULT.system_attributes
            if given.system_attributes is None
            else tuple(each.value for each in given.system_attributes)
        ),
        auto_approve=given.autoapprove is not False,
        refresh_token_validity=given.refresh_token_validity,
        user_scopes=user_scopes(descriptor),
    )
