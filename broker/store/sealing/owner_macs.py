"""Codes of owners in the database: of new rows, and renewed ones of changed rows (D-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import bindparam, select, update

from broker.credentials.digest import digest
from broker.credentials.owner_mac import (
    CredentialOwner,
    instance_mac,
    is_owned,
    owner_mac,
    previous_owner_mac,
)
from broker.errors import IntegrityViolated
from broker.store.sealing.owned_columns import CLIENT_IDENTITY, client_identity
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.tables.core import client, credential, service_instance, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from broker.credentials.owner_mac import InstanceOwner
    from broker.store.sealing.data_keys import DataKey
    from broker.store.sealing.owned_columns import AnyRow
    from broker.store.sealing.transaction_keys import TransactionKeys

OWNED_DIGESTS = (
    select(
        *(credential.c[name] for name in ("id", "type", "lookup", "binding_row_id")),
        *(credential.c[name] for name in ("generation", "digest", "digest_key_id", "owner_mac")),
        *(credential.c[name] for name in ("previous_digest", "previous_digest_key_id")),
        *(credential.c[name] for name in ("previous_until", "previous_owner_mac")),
        *CLIENT_IDENTITY,
    )
    .join(client, client.c.id == credential.c.client_row_id)
    .join(zone, zone.c.id == client.c.zone_row_id)
)
"""Credentials with all that their codes cover."""

NO_PREVIOUS = dict.fromkeys(
    ("previous_digest", "previous_digest_key_id", "previous_until", "previous_owner_mac")
)
"""The columns of a credential without a previous digest."""

_RENEWAL = (
    update(credential)
    .where(credential.c.id == bindparam("row_id"))
    .values(owner_mac=bindparam("renewed"), previous_owner_mac=bindparam("renewed_previous"))
)


class StoredDigestKeys(Protocol):
    """Provides the keys of stored digests."""

    def digest_key(self, key_id: int) -> DataKey:
        """Return the key with this id; raise IntegrityViolated."""

    @property
    def binding(self) -> OwnerBinding:
        """Whether owners are bound."""


class OwnerMacs:
    """Makes and checks the codes of one transaction."""

    def __init__(self, connection: Connection, keys: TransactionKeys) -> None:
        self._connection = connection
        self._keys = keys

    def require_instance(self, owner: InstanceOwner, row: AnyRow) -> None:
        """Raise IntegrityViolated if the row of a service instance was given to another owner."""
        require_instance_owner(self._keys, owner, row)

    def of_instance(self, owner: InstanceOwner) -> dict[str, Any]:
        """Return the columns with the code of a service instance, NULL before owners are bound."""
        return instance_columns(self._keys.newest_digest_key(), owner)

    def require_credential(self, row: AnyRow) -> None:
        """Raise IntegrityViolated if a row of OWNED_DIGESTS was given to another owner."""
        if not has_owner(self._keys, row):
            raise IntegrityViolated(wrong_owner(row))

    def as_previous(self, row: AnyRow, until: datetime | None) -> dict[str, Any]:
        """Return the columns that keep the digest of a row of OWNED_DIGESTS as the previous one.

        Without an end they keep none.
        """
        if until is None:
            return NO_PREVIOUS
        mac = None
        if self._keys.newest_digest_key().is_owner_bound:
            key = self._keys.digest_key(row.digest_key_id)
            mac = previous_owner_mac(key.secret, credential_owner(row), row.digest, until)
        return {
            "previous_digest": row.digest,
            "previous_digest_key_id": row.digest_key_id,
            "previous_until": until,
            "previous_owner_mac": mac,
        }

    def locked(self, *which: ColumnElement[bool]) -> Sequence[AnyRow]:
        """Lock these credentials; return the rows of OWNED_DIGESTS with a code that is valid.

        A row whose key does not exist has none, and does not stop the others.
        """
        lock_credentials(self._connection, *which)
        rows = self._connection.execute(OWNED_DIGESTS.where(*which)).all()
        return [row for row in rows if row.owner_mac is not None and self._passes(has_owner, row)]

    def renew(
        self, rows: Sequence[AnyRow], changed: Callable[[CredentialOwner], CredentialOwner]
    ) -> None:
        """Write the codes of rows from ``locked`` after a change of their owners.

        The codes of all other rows stay wrong, so that these are not accepted.
        """
        renewals = []
        for row in rows:
            owner, previous = changed(credential_owner(row)), row.previous_owner_mac
            if previous is not None and self._passes(has_previous_owner, row):
                key = self._keys.digest_key(row.previous_digest_key_id)
                previous = previous_owner_mac(
                    key.secret, owner, row.previous_digest, row.previous_until
                )
            mac = owner_mac(self._keys.digest_key(row.digest_key_id).secret, owner, row.digest)
            renewals.append({"row_id": row.id, "renewed": mac, "renewed_previous": previous})
        if renewals:
            self._connection.execute(_RENEWAL, renewals)

    def _passes(self, check: Callable[[StoredDigestKeys, AnyRow], bool], row: AnyRow) -> bool:
        try:
            return check(self._keys, row)
        except IntegrityViolated:
            return False

    def move(self, rows: Sequence[AnyRow], owner: InstanceOwner) -> None:
        """Write the codes of a moved service instance, and of credentials from ``locked``."""
        self.renew(rows, lambda former: former._replace(client=owner.client))
        self._connection.execute(
            update(service_instance)
            .where(service_instance.c.id == owner.row_id)
            .values(**self.of_instance(owner))
        )


def lock_credentials(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Lock these credentials until the commit.

    They must be read by a later statement: another transaction that had locked them may have
    changed rows that this statement joins.
    """
    locking = select(credential.c.id).where(*which).order_by(credential.c.id).with_for_update()
    connection.execute(locking).all()


def instance_columns(key: DataKey, owner: InstanceOwner) -> dict[str, Any]:
    """Return the columns with the code of a service instance, NULL with a key from before."""
    if not key.is_owner_bound:
        return {"owner_mac": None, "owner_digest_key_id": None}
    return {"owner_mac": instance_mac(key.secret, owner), "owner_digest_key_id": key.id}


def credential_columns(owner: CredentialOwner) -> dict[str, Any]:
    """Return the columns that the codes of a credential cover."""
    return {
        "id": owner.row_id,
        "type": owner.type,
        "lookup": owner.lookup,
        "binding_row_id": owner.binding_row_id,
        "generation": owner.generation,
        "client_row_id": owner.client.row_id,
    }


def digest_columns(key: DataKey, owner: CredentialOwner, text: str) -> dict[str, Any]:
    """Return the columns with the digest of a credential's text, and with its code."""
    made = digest(key.secret, owner.row_id, owner.client.client_id, owner.type, text)
    return {
        "digest": made,
        "digest_key_id": key.id,
        "owner_mac": owner_mac(key.secret, owner, made) if key.is_owner_bound else None,
    }


def credential_owner(row: AnyRow) -> CredentialOwner:
    """Return the owner of a credential in a row of OWNED_DIGESTS."""
    return CredentialOwner(
        row.id, row.type, row.lookup, row.binding_row_id, row.generation, client_identity(row)
    )


def has_owner(keys: StoredDigestKeys, row: AnyRow) -> bool:
    """Return whether the code in a row of OWNED_DIGESTS is valid, or may be missing."""
    key = keys.digest_key(row.digest_key_id)
    return is_owned(key, row.owner_mac, owner_mac, credential_owner(row), row.digest)


def wrong_owner(row: AnyRow, digest: str = "digest") -> str:
    """Return the error text for a credential with a wrong code."""
    return f"the owner or the {digest} of credential {row.id} ({row.type}) was changed"


def has_previous_owner(keys: StoredDigestKeys, row: AnyRow) -> bool:
    """Return whether the code of the previous digest is valid, or may be missing."""
    key, owner = keys.digest_key(row.previous_digest_key_id), credential_owner(row)
    covered = owner, row.previous_digest, row.previous_until
    return is_owned(key, row.previous_owner_mac, previous_owner_mac, *covered)


def has_instance_owner(keys: StoredDigestKeys, owner: InstanceOwner, row: AnyRow) -> bool:
    """Return whether the code in the row of a service instance is valid."""
    key = keys.digest_key(row.owner_digest_key_id)
    return is_owned(key, row.owner_mac, instance_mac, owner)


def require_instance_owner(keys: StoredDigestKeys, owner: InstanceOwner, row: AnyRow) -> None:
    """Raise IntegrityViolated if the row of a service instance was given to another owner.

    Only before the finish may it lack its code.
    """
    if row.owner_mac is None:
        is_own = keys.binding is not OwnerBinding.FINISHED
    else:
        is_own = has_instance_owner(keys, owner, row)
    if not is_own:
        raise IntegrityViolated(f"the owner of service instance {owner.instance_id} was changed")
