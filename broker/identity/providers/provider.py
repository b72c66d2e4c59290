"""An identity provider of a zone (I-30)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from broker.identity.user import LOCAL_ORIGIN
from broker.ids import name_based_guid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.identity.zone import Zone

OIDC: Final = "oidc1.0"
LOCAL: Final = "uaa"
"""The type of the zone's own user store, as in UAA."""

LOCAL_NAME: Final = "Default identity provider"


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider; ``configuration`` is the JSON document of the administration API.

    The local store is listed also without a record; its ``row_id`` is then 0. Its configuration is
    empty.
    """

    row_id: int
    zone: Zone
    origin: str
    type: str
    name: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    is_active: bool = True
    configuration: Mapping[str, Any] = field(default_factory=dict)
    has_secret: bool = False
    version: int = 1

    @property
    def is_local(self) -> bool:
        """Whether it is the zone's own user store (I-13)."""
        return self.origin == LOCAL_ORIGIN

    @property
    def guid(self) -> str:
        """The id in the administration API: another one if the origin is used again."""
        row = "" if self.is_local else f"{self.row_id:x}"
        return name_based_guid("identity provider", self.zone.guid, self.origin, row)

    @property
    def tenant_host(self) -> str | None:
        """The host of its tenant of SAP Cloud Identity Services, None if it is none."""
        tenant = self.configuration.get("iasTenant")
        host = tenant.get("host") if isinstance(tenant, dict) else None
        return host if isinstance(host, str) else None

    @property
    def has_trusted_names(self) -> bool:
        """Whether its user names identify users before their first logon (D-38)."""
        return self.configuration.get("trustedUserNames") is True

    @property
    def issuer(self) -> str | None:
        """The issuer of its id tokens; None for the local store."""
        issuer = self.configuration.get("issuer")
        return issuer if isinstance(issuer, str) else None


def local_store(zone: Zone) -> Provider:
    """Return the local store of a zone that has not changed it."""
    return Provider(0, zone, LOCAL_ORIGIN, LOCAL, LOCAL_NAME)
