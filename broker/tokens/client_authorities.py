"""The scopes of a client: its own, and those that other applications grant it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.identity.client import Client
    from broker.tokens.ports import GrantedScopes

_MAX_CACHED = 10_000


class Authorities:
    """Caches scopes until the client or its zone's grants change (D-36)."""

    def __init__(self, granted: GrantedScopes) -> None:
        """Query ``granted`` once per client and pair of epochs."""

        @lru_cache(maxsize=_MAX_CACHED)
        def found(row_id: int, _epoch: int, _grants_epoch: int) -> tuple[str, ...]:
            return granted.to(row_id)

        self._found = found

    def of(self, client: Client) -> tuple[str, ...]:
        """Return the client's scopes, sorted (H-43).

        The epochs come from the look-up that authenticated the client, so a grant that was
        withdrawn before the request has no effect.
        """
        if not client.accepts_grants:
            return client.authorities
        granted = self._found(client.row_id, client.epoch, client.zone.grants_epoch)
        return tuple(sorted({*client.authorities, *granted}))
