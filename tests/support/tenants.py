"""Zones as earlier versions placed instances in them, and their completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from broker.identity.zone import ZoneDirectory, ZoneKey
from broker.ids import name_based_guid
from broker.lifecycle.zones.complete import CompleteTenants
from broker.store.tables.core import service_instance
from broker.store.tables.declared import application_reference
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.domain import Domain

PLACEHOLDER_SPACE = name_based_guid("space", "default", "-")
"""The space that earlier versions gave all instances with the space GUID ``-``."""


class EarlierZones(ZoneDirectory):
    """Places every instance by its organization GUID, as earlier versions did."""

    def key(
        self, platform: str, context: Mapping[str, Any], organization_guid: str | None
    ) -> ZoneKey:
        """Return the organization's key."""
        del context
        return ZoneKey(platform, f"organization:{organization_guid}")


def forget_tenants(domain: Domain) -> None:
    """Make the rows those of an earlier version, and use the present zones from now on."""
    domain.use_zones(ZoneDirectory())
    placeholder = service_instance.c.space_guid == "-"
    with domain.engine.begin() as connection:
        connection.execute(update(service_instance).values(tenant=None))
        connection.execute(
            update(service_instance).where(placeholder).values(space=PLACEHOLDER_SPACE)
        )
        connection.execute(
            update(application_reference)
            .where(application_reference.c.space.is_not(None))
            .values(space=PLACEHOLDER_SPACE)
        )


def complete_tenants(domain: Domain) -> tuple[int, int]:
    """Complete the rows as a start does; return the numbers of instances and dissolved pins."""
    complete = CompleteTenants(domain.transactions, domain.declare.zones, domain.clock)
    return complete(OPERATOR)
