"""The built-in applications: one of each zone, one of the operator's own zone (D-56, I-156).

They have no service instance, no credentials and no grant types; their role collections are
read-only, and no descriptor reaches their templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import DATABASE, Action, AuditEvent
from broker.audit.ports import WithAudit
from broker.authorization.collections.names import ADMINISTRATORS, OPERATORS, VIEWERS
from broker.authorization.roles import DeclaredCollection, DeclaredRoles, DeclaredTemplate
from broker.descriptor.names import OPERATOR_APPLICATION, AppId
from broker.identity.zone import OPERATOR_INDEX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

ADMINISTRATOR_TEMPLATE = "xsuaa_admin"
AUDITOR_TEMPLATE = "xsuaa_auditor"

_READ = ("xs_authorization.read", "xs_idp.read", "xs_user.read")
_WRITE = ("xs_authorization.write", "xs_idp.write", "xs_user.write")
_PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class BuiltInApplication:
    """A built-in application; who has ``administrators`` is protected from losing the last one."""

    app_id: str
    declared: DeclaredRoles
    administrators: str
    """The role template of administrators."""


def built_in_application(zone: Zone) -> BuiltInApplication:
    """Return the built-in application of the zone."""
    if zone.index == OPERATOR_INDEX:
        template = DeclaredTemplate(
            OPERATORS, "Operate the service broker", ("$XSAPPNAME.operator",), (), OPERATORS
        )
        collection = DeclaredCollection(OPERATORS, "Operate the service broker", (OPERATORS,))
        declared = DeclaredRoles((), (template,), (collection,))
        return BuiltInApplication(OPERATOR_APPLICATION, declared, OPERATORS)
    return BuiltInApplication(
        str(AppId("xsuaa", "t", zone.index)), _ZONE_ROLES, ADMINISTRATOR_TEMPLATE
    )


_ZONE_ROLES = DeclaredRoles(
    attributes=(),
    templates=(
        DeclaredTemplate(
            ADMINISTRATOR_TEMPLATE,
            "Manage users, roles, role collections and identity providers",
            tuple(sorted((*_READ, *_WRITE))),
            (),
            "User and Role Administrator",
        ),
        DeclaredTemplate(
            AUDITOR_TEMPLATE,
            "Read users, roles, role collections and identity providers",
            _READ,
            (),
            "User and Role Auditor",
        ),
    ),
    collections=(
        DeclaredCollection(
            ADMINISTRATORS, "Administrative access to the subaccount", (ADMINISTRATOR_TEMPLATE,)
        ),
        DeclaredCollection(VIEWERS, "Read-only access to the subaccount", (AUDITOR_TEMPLATE,)),
    ),
)


class BuiltIn(Protocol):
    """Stores the built-in applications."""

    def ensure(self, zone: Zone) -> bool:
        """Create the zone's application if it is missing; return whether it was."""

    def incomplete(self, limit: int) -> Sequence[Zone]:
        """Return zones without built-in application, which an older version created."""

    def operator_zone(self) -> Zone:
        """Return the operator's zone; create it if it is missing."""

    def fold_names(self) -> int:
        """Store the folded names of collections that an older version wrote; return how many."""


class WithBuiltIn(Protocol):
    """A transaction that accesses built-in applications."""

    @property
    def built_in(self) -> BuiltIn:
        """The repository of built-in applications."""


class CompletionStore(WithBuiltIn, WithAudit, Protocol):
    """The store of a completion."""


@dataclass(frozen=True, slots=True)
class CompleteBuiltIn:
    """Creates missing built-in applications, on upgrade and start."""

    transactions: Transactions[CompletionStore]
    clock: Clock

    def __call__(self, actor: Actor) -> int:
        """Complete all zones; return the number of applications created."""
        self.transactions.run(operator_zone)
        self.transactions.run(lambda store: store.built_in.fold_names())
        created = 0
        while page := self.transactions.run(_complete_page):
            created += page
        if created:
            event = AuditEvent(
                Action.CREATE_BUILT_IN, actor, DATABASE, self.clock.now(), {"zones": created}
            )
            self.transactions.run(lambda store: store.audit.append(event))
        return created


def operator_zone(store: WithBuiltIn) -> Zone:
    """Return the operator's zone with its application; create them if they are missing."""
    return store.built_in.operator_zone()


def _complete_page(store: CompletionStore) -> int:
    zones = store.built_in.incomplete(_PAGE_SIZE)
    for zone in zones:
        store.built_in.ensure(zone)
    return len(zones)
