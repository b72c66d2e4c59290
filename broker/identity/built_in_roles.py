"""Who may change who holds a role of a built-in application, or can act as a holder (D-47).

Every change of an assignment, a mapping, the roles of a collection, a password, an identity
provider or a user passes here, by the API, the console or the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from broker.audit.actor import ActorKind
from broker.descriptor.names import ADMINISTRATION_SCOPES
from broker.errors import AccessDenied

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.identity.user import User
    from broker.identity.zone import Zone

EVERY_WRITE_SCOPE: Final = tuple(
    sorted(scope for scope in ADMINISTRATION_SCOPES if scope.endswith(".write"))
)
"""The scopes of the administrator's role that change something."""

_EXEMPT = frozenset({ActorKind.COMMAND_LINE, ActorKind.SYSTEM})


class HoldersOfRoles(Protocol):
    """Knows who holds a role of the zone's built-in application."""

    def holds_built_in_role(self, user: User) -> bool:
        """Return whether an assignment or a mapping gives the user such a role."""


class HoldersByProvider(Protocol):
    """Knows which providers decide who holds such a role."""

    def origin_has_built_in_role(self, zone: Zone, origin: str) -> bool:
        """Return whether a user or a mapping of the origin has such a role."""


def may_change_holders(actor: Actor) -> bool:
    """Return whether the actor may change who holds a built-in role."""
    return actor.kind in _EXEMPT or actor.scopes.issuperset(EVERY_WRITE_SCOPE)


def require_change_of_holders(actor: Actor, *, concerned: bool) -> None:
    """Raise AccessDenied if the change concerns a built-in role and the actor may not make it."""
    if concerned and not may_change_holders(actor):
        raise AccessDenied(" ".join(EVERY_WRITE_SCOPE))


def require_change_of_user(actor: Actor, holders: HoldersOfRoles, user: User) -> None:
    """Raise AccessDenied for a holder of a built-in role whom the actor may not change."""
    if not may_change_holders(actor):
        require_change_of_holders(actor, concerned=holders.holds_built_in_role(user))


def require_change_of_provider(
    actor: Actor, holders: HoldersByProvider, zone: Zone, origin: str
) -> None:
    """Raise AccessDenied for a provider of holders of a built-in role, as for such a user."""
    if not may_change_holders(actor):
        concerned = holders.origin_has_built_in_role(zone, origin)
        require_change_of_holders(actor, concerned=concerned)
