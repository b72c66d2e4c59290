"""Roles that administrators create and change, as lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.authorization.collections.custom_roles import change_role, create_role
from broker.authorization.collections.find import locked_zone
from broker.authorization.collections.ports import CollectionStore
from broker.authorization.views.ports import ListStore
from broker.authorization.views.roles import one_role

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.authorization.collections.custom_roles import CustomRole
    from broker.authorization.views.model import RoleView
    from broker.transactions import Transactions


class ChangeRolesStore(CollectionStore, ListStore, Protocol):
    """The repositories of this module."""


@dataclass(frozen=True, slots=True)
class ChangeRoles:
    """Creates and changes roles, each in one transaction that also reads the result.

    Raises as ``ZoneRoles`` does.
    """

    transactions: Transactions[ChangeRolesStore]

    def create(self, actor: Actor, zone: str, role: CustomRole) -> RoleView:
        """Create and return the role."""

        def work(store: ChangeRolesStore) -> RoleView:
            in_zone = locked_zone(store, zone)
            create_role(store, actor, in_zone, role)
            return one_role(store, in_zone, role.key)

        return self.transactions.run(work)

    def change(self, actor: Actor, zone: str, role: CustomRole) -> RoleView:
        """Change description and attribute values of the role; return it as it is then."""

        def work(store: ChangeRolesStore) -> RoleView:
            in_zone = locked_zone(store, zone)
            change_role(store, actor, in_zone, role)
            return one_role(store, in_zone, role.key)

        return self.transactions.run(work)
