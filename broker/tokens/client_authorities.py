"""The scopes of a client: its own, and those that other applications grant it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.runtime.byte_cache import ByteCache

if TYPE_CHECKING:
    from broker.identity.client import Client
    from broker.tokens.ports import GrantedScopes

_MAX_CACHED_BYTES = 8 * 1024**2


class Authorities:
    """Caches scopes until the client or its zone's grants change (D-36)."""

    def __init__(self, granted: GrantedScopes) -> None:
        """Query ``granted`` once per client and pair of epochs."""
        self._granted = granted
        self._cached = ByteCache[tuple[str, ...]](_MAX_CACHED_BYTES)

    def of(self, client: Client) -> tuple[str, ...]:
        """Return the client's scopes, sorted (H-43).

        The epochs come from the look-up that authenticated the client, so a grant that was
        withdrawn before the request has no effect.
        """
        if not client.accepts_grants:
            return client.authorities
        epochs = client.epoch, client.zone.grants_epoch
        granted = self._cached.get(client.row_id, epochs)
        if granted is None:
            granted = self._cached.put(client.row_id, epochs, self._granted.to(client.row_id))
        return tuple(sorted({*client.authorities, *granted}))
