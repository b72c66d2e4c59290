"""``id_token_hint`` of a logout request: an id token of this server (I-101)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from broker.descriptor.token_size import MAX_TOKEN_BYTES
from broker.tokens.signing import key_id_of

if TYPE_CHECKING:
    from broker.tokens.signing import KeyRing


class Hint(NamedTuple):
    """The client of an id token, by its client id and the GUID of its zone."""

    client_id: str
    zone_guid: str


@dataclass(frozen=True, slots=True)
class IdTokenHints:
    """Reads hints. They identify a client and prove nothing about the sender."""

    keys: KeyRing

    def read(self, text: str) -> Hint | None:
        """Return the client of the id token, which may have expired; None for any other text."""
        if len(text) > MAX_TOKEN_BYTES:
            return None
        kid = key_id_of(text)
        key = next((key for key in self.keys.published() if key.stored.kid == kid), None)
        if key is None:
            return None
        try:
            claims = key.verify(text)
        except ValueError:
            return None
        if "ext_attr" in claims:  # an access token (I-107)
            return None
        return Hint(str(claims.get("azp")), str(claims.get("zid")))
