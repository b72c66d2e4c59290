"""The OAuth client of a service instance, as both the broker and the token service see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.identity.zone import Zone


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client.

    ``credential_types`` are the types it accepts, the default first. A word that is no
    ``CredentialType`` was written by a newer version, and stays as it is.
    """

    row_id: int
    zone: Zone
    client_id: str
    app_id: str
    service_instance_guid: str
    credential_types: tuple[str, ...]
    authorities: tuple[str, ...]
    grant_types: tuple[str, ...]
    token_validity: int | None
    """Seconds; None means the setting's."""
    accepts_grants: bool
    """Whether other applications may grant it authorities."""
    epoch: int
    """Advances with every change of the client (D-36)."""
