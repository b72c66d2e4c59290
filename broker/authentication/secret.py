"""The one decision whether a presented secret is accepted now (D-02, D-03, D-17)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from broker.authentication.client import (
    AuthenticatedClient,
    StoredCredential,
    UnreadableCredential,
)
from broker.credentials.digest import digest, revocation_signature
from broker.credentials.registry import lookup_of
from broker.descriptor.model import CredentialType
from broker.descriptor.names import is_client_id
from broker.errors import AuthenticationFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.credentials.digest import DigestKeys


LookupKey = tuple[str, str]
"""A client id, and the lookup key of a secret's row."""


FoundCredential = StoredCredential | UnreadableCredential | None


class CredentialLookup(Protocol):
    """Finds the one row that may match."""

    def find(self, keys: Sequence[LookupKey]) -> list[FoundCredential]:
        """Return the row of each key as currently committed, or None: one statement for each.

        An unreadable row affects only its own key.
        """


_NO_CREDENTIAL = (2**62, "sb-no-application!t0", CredentialType.BINDING_SECRET)
"""Digested in place of a credential that does not exist, with usual lengths."""

_NO_DIGEST = bytes(32)

Presented = tuple[str, str]
"""A client id and a secret as presented, not validated."""

LookedUp = Mapping[Presented, FoundCredential]

NO_RESULTS: LookedUp = MappingProxyType({})


class SecretAuthenticator:
    """Accepts exactly the secrets that are valid now."""

    def __init__(self, credentials: CredentialLookup, keys: DigestKeys) -> None:
        """No result is cached: a deleted binding is refused immediately (D-03)."""
        self._credentials = credentials
        self._keys = keys

    def look_up(self, presented: Sequence[Presented]) -> LookedUp:
        """Return the stored credentials for the presented pairs, loaded together.

        The result is valid only for requests that have already arrived.
        """
        found = self._credentials.find([_lookup_key(*pair) for pair in presented])
        return dict(zip(presented, found, strict=True))

    def authenticate(
        self, client_id: str, secret: str, looked_up: LookedUp = NO_RESULTS
    ) -> AuthenticatedClient:
        """Return the client, or raise AuthenticationFailed.

        Every refusal costs one look-up, one digest and one constant-time comparison, whether the
        client is unknown, the secret wrong, the binding deleted or its type no longer listed.
        """
        if (client_id, secret) not in looked_up:
            looked_up = self.look_up([(client_id, secret)])
        stored = looked_up[client_id, secret]
        if not isinstance(stored, StoredCredential):
            key = self._keys.newest_digest_key()
            presented = digest(key.secret, *_NO_CREDENTIAL, secret)
            hmac.compare_digest(presented, _NO_DIGEST)
            if stored is None:
                raise AuthenticationFailed("unknown client or no such credential")
            raise AuthenticationFailed("unreadable credential", credential_id=stored.row_id)
        key = self._keys.digest_key(stored.digest_key_id)
        presented = digest(key.secret, stored.row_id, client_id, stored.type, secret)
        is_current = hmac.compare_digest(presented, stored.digest)
        if not (is_current or self._is_previous(stored, secret)):
            raise AuthenticationFailed("wrong secret", credential_id=stored.row_id)
        if stored.type not in stored.client.credential_types:
            raise AuthenticationFailed(
                "credential type no longer listed", credential_id=stored.row_id
            )
        return AuthenticatedClient(
            client=stored.client,
            credential_id=stored.row_id,
            credential_type=stored.type,
            revocation_signature=revocation_signature(
                self._keys.token_key().secret, stored.row_id, stored.generation
            ),
            by_previous_secret=not is_current,
        )

    def _is_previous(self, stored: StoredCredential, secret: str) -> bool:
        if stored.previous is None:
            return False
        key = self._keys.digest_key(stored.previous.digest_key_id)
        presented = digest(key.secret, stored.row_id, stored.client.client_id, stored.type, secret)
        return hmac.compare_digest(presented, stored.previous.digest)


def _lookup_key(client_id: str, secret: str) -> LookupKey:
    # A malformed id is looked up as an unknown one, at the same cost.
    return client_id if is_client_id(client_id) else "", lookup_of(secret)
