"""The creation of a zone before its first service instance (D-53)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.errors import ConfigurationError, InvalidRequest
from broker.identity.ports import WithZones

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.zone import Zone, ZoneDirectory, ZoneKey
    from broker.transactions import Transactions


class EnsureStore(WithZones, WithAudit, Protocol):
    """The store of zones."""


@dataclass(frozen=True, slots=True)
class EnsureZone:
    """Creates the zone of a tenant; its index, GUID and subdomain are then fixed."""

    transactions: Transactions[EnsureStore]
    zones: ZoneDirectory
    clock: Clock

    def __call__(
        self, actor: Actor, platform: str, members: Mapping[str, str], name: str = ""
    ) -> tuple[Zone, bool]:
        """Return the zone of the platform's tenant, and whether this call created it.

        ``members`` are the identifying context members; ``name`` goes into a new subdomain. Raises
        ConfigurationError if they do not identify a tenant of the platform.
        """
        try:
            key = self.zones.key_of(platform, members, name)
        except InvalidRequest as error:
            raise ConfigurationError(f"Platform {platform}: {error}.") from None
        return self.transactions.run(lambda store: self._in_transaction(store, actor, key))

    def _in_transaction(self, store: EnsureStore, actor: Actor, key: ZoneKey) -> tuple[Zone, bool]:
        if (known := store.zones.find(key)) is not None:
            return known, False
        now = self.clock.now()
        zone = store.zones.find_or_create(key, now)
        subject = Subject(SubjectKind.ZONE, zone.guid)
        details = {"index": zone.index, "subdomain": zone.subdomain, "key": key.external_key}
        store.audit.append(
            AuditEvent(Action.CREATE_ZONE, actor, subject, now, details, zone_guid=zone.guid)
        )
        return zone, True
