"""The credential types of a zone's bindings, as its administrators see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from broker.identity.administered_zone import ZoneStore, administered_zone
from broker.identity.zone import Zone

if TYPE_CHECKING:
    from broker.transactions import Transactions

MAX_BINDINGS: Final = 5000
"""Bindings in one list; further ones are left out."""


@dataclass(frozen=True, slots=True)
class TypeOfBinding:
    """A binding or service key with its credential type."""

    instance_id: str
    app_id: str
    binding_id: str
    type: str


class StoresTypesOfBindings(Protocol):
    """Lists bindings."""

    def types_of_zone(self, zone: Zone, limit: int) -> Sequence[TypeOfBinding]:
        """Return the zone's bindings, sorted by instance and binding; exactly one statement."""


class InventoryTransaction(ZoneStore, Protocol):
    """The store of the inventory."""

    @property
    def bindings(self) -> StoresTypesOfBindings:
        """The repository of bindings."""


@dataclass(frozen=True, slots=True)
class ListTypesOfBindings:
    """Lists the credential types of bindings."""

    transactions: Transactions[InventoryTransaction]

    def of(self, zone: str) -> Sequence[TypeOfBinding]:
        """Return at most ``MAX_BINDINGS`` bindings; raise NotFound, StateConflict."""
        return self.transactions.read(
            lambda store: store.bindings.types_of_zone(administered_zone(store, zone), MAX_BINDINGS)
        )
