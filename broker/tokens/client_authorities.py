"""Which scopes a client may have: its own, and those that other applications grant it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.identity.client import Client
    from broker.tokens.ports import GrantedScopes

_MAX_REMEMBERED = 10_000


class Authorities:
    """Answers from memory while neither the client nor its zone's grants change (D-36)."""

    def __init__(self, granted: GrantedScopes) -> None:
        """Ask ``granted`` once per client and epochs."""

        @lru_cache(maxsize=_MAX_REMEMBERED)
        def found(row_id: int, _epoch: int, _grants_epoch: int) -> tuple[str, ...]:
            return granted.to(row_id)

        self._found = found

    def of(self, client: Client) -> tuple[str, ...]:
        """Return the client's scopes, sorted (H-43).

        The epochs come from the look-up that authenticated the client, so whatever was withdrawn
        before its request is not found.
        """
        if not client.accepts_grants:
            return client.authorities
        granted = self._found(client.row_id, client.epoch, client.zone.grants_epoch)
        return tuple(sorted({*client.authorities, *granted}))
