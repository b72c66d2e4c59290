"""``id_token_hint``: an id token of this server (I-101, OIDC Core section 3.1.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from broker.descriptor.token_size import MAX_TOKEN_BYTES

if TYPE_CHECKING:
    from broker.tokens.signing import KeyRing


class Hint(NamedTuple):
    """The client and the user of an id token, by their ids, and the GUID of the zone."""

    client_id: str
    zone_guid: str
    user_id: str


@dataclass(frozen=True, slots=True)
class IdTokenHints:
    """Reads hints. They identify client and user, and prove nothing about the sender."""

    keys: KeyRing

    def read(self, text: str) -> Hint | None:
        """Return what the id token names, which may have expired; None for any other text."""
        if len(text) > MAX_TOKEN_BYTES:
            return None
        try:
            claims = self.keys.claims_of(text)
        except ValueError:
            return None
        if "ext_attr" in claims:  # an access token (I-107)
            return None
        return Hint(*(str(claims.get(name)) for name in ("azp", "zid", "sub")))
