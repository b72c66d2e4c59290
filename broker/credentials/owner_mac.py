"""Message authentication codes that bind stored rows to their owners (D-52).

A digest alone is bound to its row and client id. The code beside it also covers the rows of client,
zone and binding, so that a row given to another owner is refused. It covers the digest, not the
secret: it can be computed for secrets that are stored nowhere, and again for another owner.
"""

from __future__ import annotations

import hmac
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple, TypeVarTuple

from broker.credentials.digest import keyed_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from broker.credentials.digest import DigestKey
    from broker.identity.client import ClientIdentity

Ts = TypeVarTuple("Ts")

_CURRENT = "owner v1"
_PREVIOUS = "previous owner v1"
_INSTANCE = "instance owner v1"
_NO_MAC = bytes(32)


class CredentialOwner(NamedTuple):
    """All columns of a credential, besides its digests, that its codes cover."""

    row_id: int
    type: str
    lookup: str
    binding_row_id: int | None
    generation: int
    client: ClientIdentity


class InstanceOwner(NamedTuple):
    """The columns of a service instance that its code covers."""

    row_id: int
    instance_id: str
    platform: str
    client: ClientIdentity


def owner_mac(key: bytes, owner: CredentialOwner, digest: bytes) -> bytes:
    """Return the code for the digest of a credential, 32 bytes."""
    row_id, type_, lookup, binding, generation, client = owner
    # Not the literal of an enumeration.
    parts = (_CURRENT, row_id, str(type_), lookup, binding, generation, *client)
    return keyed_code(key, parts, digest)


def previous_owner_mac(key: bytes, owner: CredentialOwner, digest: bytes, until: datetime) -> bytes:
    """Return the code for the digest of a previous secret, which is accepted ``until`` then.

    It covers no generation: a new one ends tokens only.
    """
    row_id, type_, lookup, binding, _, client = owner
    end = until.astimezone(UTC).isoformat()
    parts = (_PREVIOUS, row_id, str(type_), lookup, binding, end, *client)
    return keyed_code(key, parts, digest)


def instance_mac(key: bytes, owner: InstanceOwner) -> bytes:
    """Return the code for a service instance, 32 bytes."""
    row_id, instance_id, platform, client = owner
    return keyed_code(key, (_INSTANCE, row_id, instance_id, platform, *client))


def is_owned(
    key: DigestKey,
    stored: bytes | None,
    make: Callable[[bytes, *Ts], bytes],
    *covered: *Ts,
) -> bool:
    """Return whether ``stored`` is the code that ``make`` returns for what it covers.

    The comparison takes constant time. A row of a key from before owners were bound may lack the
    code.
    """
    if stored is None and not key.is_owner_bound:
        return True
    return hmac.compare_digest(make(key.secret, *covered), stored or _NO_MAC)
