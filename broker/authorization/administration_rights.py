"""The rights of a user in the console: the scopes of its zone's built-in application (D-56)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from broker.authorization.collections.built_in import built_in_application
from broker.authorization.decision.decide import Facts, decide
from broker.authorization.user_scopes import OWN_PREFIX
from broker.descriptor.names import ADMINISTRATION_SCOPES, OPERATOR_APPLICATION
from broker.identity.client import Client
from broker.identity.client_settings import ClientSettings
from broker.identity.zone import OPERATOR_INDEX

if TYPE_CHECKING:
    from datetime import timedelta

    from broker.authorization.decision.assigned import AssignedRoles
    from broker.clock import Clock
    from broker.identity.user import User

OPERATOR: Final = "operator"
"""The right of operators; it includes every scope of administrators, in each zone."""

_OPERATOR_SCOPE = f"{OPERATOR_APPLICATION}.{OPERATOR}"
_SETTINGS = ClientSettings(user_scopes=(*sorted(ADMINISTRATION_SCOPES), f"{OWN_PREFIX}{OPERATOR}"))


@dataclass(frozen=True, slots=True)
class AdministrationRights:
    """Decides as for a token of the built-in application, on data read now: one statement.

    ``max_snapshot_age`` as for tokens (I-08).
    """

    roles: AssignedRoles
    clock: Clock
    max_snapshot_age: timedelta

    def of(self, user: User) -> frozenset[str]:
        """Return the administration scopes that the user holds, and ``OPERATOR`` if it is one."""
        client = Client(
            row_id=0,
            zone=user.zone,
            client_id="",
            app_id=built_in_application(user.zone).app_id,
            service_instance_guid="",
            credential_types=(),
            authorities=(),
            grant_types=(),
            token_validity=None,
            accepts_grants=False,
            epoch=0,
        )
        # The time before the look-up: it must not see more as current than the look-up.
        now = self.clock.now()
        assigned = replace(self.roles.of(user, client), is_approved=True)
        held = decide(Facts(assigned, user, client, _SETTINGS, now, self.max_snapshot_age)).scopes
        if user.zone.index != OPERATOR_INDEX:
            return ADMINISTRATION_SCOPES.intersection(held)
        return ADMINISTRATION_SCOPES | {OPERATOR} if _OPERATOR_SCOPE in held else frozenset()
