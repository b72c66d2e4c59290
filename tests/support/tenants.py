"""Zones as earlier versions placed instances in them, and their completion."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from broker.identity.zone import OPERATOR_INDEX, ZoneDirectory, ZoneKey
from broker.ids import name_based_guid
from broker.lifecycle.zones.complete import CompleteTenants
from broker.store.database.engine import open_engine
from broker.store.tables.core import service_instance, zone
from broker.store.tables.declared import application_reference
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from tests.support.domain import Domain
    from tests.support.server import Server

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


def mix_tenants(domain: Domain) -> None:
    """Provision ``one`` and ``two`` of two tenants in one zone; ``one`` grants ``two`` a scope."""
    domain.use_zones(EarlierZones())
    scope = {
        "name": "$XSAPPNAME.Pay",
        "grant-as-authority-to-apps": ["$XSAPPNAME(application,two)"],
    }
    accepting = {"authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]}
    for name, more in (("one", {"scopes": [scope]}), ("two", accepting)):
        domain.provision(
            name,
            {"xsappname": name, **more},
            organization_guid="-",
            space_guid="-",
            context={"platform": "sapcp", "subaccount_id": name},
        )
    forget_tenants(domain)
    complete_tenants(domain)


def unmap_zones(server: Server) -> None:
    """Make the zones that rules named those of a placeholder, as in an earlier version."""
    with _database(server) as connection:
        connection.execute(
            update(zone)
            .where(zone.c.number != OPERATOR_INDEX)
            .values(platform="default", external_key="organization:-")
        )


def adopt_guid(server: Server, platform: str, organization: str) -> None:
    """Make the GUID of the organization's zone its own, as in an earlier version."""
    of_organization = zone.c.external_key == f"organization:{organization}"
    with _database(server) as connection:
        connection.execute(
            update(zone)
            .where(zone.c.platform == platform, of_organization)
            .values(guid=organization)
        )


@contextmanager
def _database(server: Server) -> Iterator[Connection]:
    file = server.directory / "var" / "xsuaa.db"
    url = server.environment.get("XSUAA_DATABASE_URL") or f"sqlite:///{file}"
    engine = open_engine(
        re.sub("^postgresql://", "postgresql+psycopg://", url), connections=1, lock_timeout=5
    )
    with engine.begin() as connection:
        yield connection
    engine.dispose()
