"""The one decision whether a presented secret is accepted now (D-02, D-03, D-17)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from broker.authentication.client import (
    OTHER_OWNER,
    AuthenticatedClient,
    StoredCredential,
    UnreadableCredential,
)
from broker.credentials.digest import digest, key_of_digest, revocation_signature
from broker.credentials.owner_mac import CredentialOwner, is_owned, owner_mac
from broker.credentials.registry import lookup_of
from broker.descriptor.model import CredentialType
from broker.descriptor.names import is_client_id
from broker.errors import AuthenticationFailed
from broker.identity.client import ClientIdentity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.credentials.digest import DigestKey, DigestKeys


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

_NO_GUID = "00000000-0000-0000-0000-000000000000"
_NO_CLIENT = ClientIdentity(
    2**62, "sb-no-application!t0", "no-application!t0", _NO_GUID, 2**62, 1, _NO_GUID, "no-zone-0"
)
_NO_OWNER = CredentialOwner(2**62, CredentialType.BINDING_SECRET, _NO_GUID, 2**62, 1, _NO_CLIENT)

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

        Every refusal costs one look-up, one digest, the code of one owner and two constant-time
        comparisons, whether the client is unknown, the secret wrong, the binding deleted or its
        type no longer listed.
        """
        if (client_id, secret) not in looked_up:
            looked_up = self.look_up([(client_id, secret)])
        stored, key = self._with_key(looked_up[client_id, secret])
        if not isinstance(stored, StoredCredential):
            presented = digest(key.secret, *_NO_CREDENTIAL, secret)
            hmac.compare_digest(presented, _NO_DIGEST)
            is_owned(key, None, owner_mac, _NO_OWNER, _NO_DIGEST)
            if stored is None:
                raise AuthenticationFailed("unknown client or no such credential")
            raise AuthenticationFailed("unreadable credential", credential_id=stored.row_id)
        presented = digest(key.secret, stored.row_id, client_id, stored.type, secret)
        is_current = hmac.compare_digest(presented, stored.digest)
        has_owner = stored.is_owned(key)
        if not (is_current or self._is_previous(stored, secret)):
            raise AuthenticationFailed("wrong secret", credential_id=stored.row_id)
        if not has_owner:
            raise AuthenticationFailed(OTHER_OWNER, credential_id=stored.row_id)
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

    def _with_key(self, stored: FoundCredential) -> tuple[FoundCredential, DigestKey]:
        """Return the credential and the key of its digest; without the key it is unreadable."""
        if isinstance(stored, StoredCredential):
            key = key_of_digest(self._keys, stored.digest_key_id)
            if key is not None:
                return stored, key
            stored = UnreadableCredential(stored.row_id)
        return stored, self._keys.newest_digest_key()

    def _is_previous(self, stored: StoredCredential, secret: str) -> bool:
        if stored.previous is None:
            return False
        key = key_of_digest(self._keys, stored.previous.digest_key_id)
        if key is None:
            return False
        presented = digest(key.secret, stored.row_id, stored.client.client_id, stored.type, secret)
        matches = hmac.compare_digest(presented, stored.previous.digest)
        return matches and stored.previous.is_owned(key, stored.owner)


def _lookup_key(client_id: str, secret: str) -> LookupKey:
    # A malformed id is looked up as an unknown one, at the same cost.
    return client_id if is_client_id(client_id) else "", lookup_of(secret)
