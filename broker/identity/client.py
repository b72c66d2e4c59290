"""The OAuth client of a service instance, shared by the broker and the token service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from broker.identity.zone import Zone


class ClientIdentity(NamedTuple):
    """What makes a client the owner of credentials and sealed values (D-52)."""

    row_id: int
    client_id: str
    app_id: str
    service_instance_guid: str
    zone_row_id: int
    zone_index: int
    zone_guid: str
    zone_subdomain: str


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client.

    ``credential_types`` lists the accepted types, the default first. A value that is not a
    ``CredentialType`` was written by a newer version and is preserved.
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
    """Seconds; None for the configured default."""
    accepts_grants: bool
    """Whether other applications may grant it authorities."""
    epoch: int
    """Incremented with every change of the client (D-36)."""
    max_token_validity: int | None = field(default=None, compare=False)
    """Seconds, by the policy of the zone (D-43), as read with a credential; None for no limit."""

    identity: ClientIdentity = field(init=False, compare=False, repr=False)
    """What owns the credentials of the client; only a split of its zone changes it."""

    def __post_init__(self) -> None:
        """Derive the identity: each authentication reads it, and clients are cached."""
        zone = self.zone
        identity = ClientIdentity(
            self.row_id,
            self.client_id,
            self.app_id,
            self.service_instance_guid,
            zone.row_id,
            zone.index,
            zone.guid,
            zone.subdomain,
        )
        object.__setattr__(self, "identity", identity)
