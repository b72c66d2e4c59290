"""Current and previous instance secrets in the database (D-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from broker.credentials import instance_secret
from broker.instances.model import SecretState
from broker.store.database.deferred import execute_later
from broker.store.sealing.owner_macs import (
    NO_PREVIOUS,
    OWNED_DIGESTS,
    credential_owner,
    digest_columns,
    lock_credentials,
)
from broker.store.sealing.places import secret_place
from broker.store.sealing.sealed import Sealer
from broker.store.tables.core import credential
from broker.store.tables.usage import credential_usage

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from broker.credentials.kind import Secret
    from broker.identity.client import Client
    from broker.instances.model import Instance
    from broker.store.sealing.owner_macs import OwnerMacs
    from broker.store.sealing.transaction_keys import TransactionKeys


class InstanceSecretTable:
    """Rotates the instance secret of a client in place: lookup key and row id stay the same."""

    def __init__(
        self, connection: Connection, sealer: Sealer, keys: TransactionKeys, macs: OwnerMacs
    ) -> None:
        """``sealer`` seals and ``keys`` digest what the connection's transaction writes."""
        self._connection = connection
        self._sealer = sealer
        self._keys = keys
        self._macs = macs

    def state(self, client: Client) -> SecretState | None:
        """Return the metadata of the instance secret, None without one."""
        row = self._connection.execute(
            select(
                credential.c.created_at,
                credential.c.previous_until,
                credential_usage.c.last_used_at,
                credential_usage.c.previous_used_at,
            )
            .outerjoin(credential_usage, credential_usage.c.credential_row_id == credential.c.id)
            .where(*instance_secret_of(client))
        ).one_or_none()
        if row is None:
            return None
        used = row.last_used_at
        return SecretState(
            created_at=row.created_at,
            previous_until=row.previous_until,
            last_used_at=used if used and used >= row.created_at else None,
            previous_used_at=row.previous_used_at,
        )

    def rotate(
        self, instance: Instance, secret: Secret, now: datetime, previous_until: datetime | None
    ) -> None:
        """Replace the secret; the previous one is accepted until ``previous_until``.

        None: the previous secret is no longer accepted, and tokens issued for it are invalid.
        Raises IntegrityViolated if the previous one is not the client's own.
        """
        which = instance_secret_of(instance.client)
        lock_credentials(self._connection, *which)
        row = self._connection.execute(OWNED_DIGESTS.where(*which)).one()
        row_id, owner = row.id, credential_owner(row)
        if previous_until is None:
            # A token is valid as long as its secret: a new generation invalidates it.
            owner = owner._replace(generation=owner.generation + 1)
        else:
            self._macs.require_credential(row)
        sealed = self._sealer.seal(secret.text.encode(), secret_place(row_id, instance.owner))
        execute_later(
            self._connection,
            update(credential)
            .where(credential.c.id == row_id)
            .values(
                **self._macs.as_previous(row, previous_until),
                **digest_columns(self._keys.newest_digest_key(), owner, secret.text),
                sealed_secret=sealed,
                generation=owner.generation,
                created_at=now,
            ),
        )
        # The usage recorded so far is that of the secret that is now the previous one.
        execute_later(
            self._connection,
            update(credential_usage)
            .where(credential_usage.c.credential_row_id == row_id)
            .values(previous_used_at=credential_usage.c.last_used_at),
        )

    def remove(self, client: Client) -> None:
        """Delete the instance secret; the next binding with one creates a new secret."""
        execute_later(self._connection, delete(credential).where(*instance_secret_of(client)))

    def forget_previous(self, client: Client) -> None:
        """Revoke the previous secret, and all tokens issued so far for both secrets.

        Tokens do not show which of the two secrets was used; clients request new ones.
        """
        which = instance_secret_of(client)
        rows = self._macs.locked(*which)
        self._macs.renew(rows, lambda owner: owner._replace(generation=owner.generation + 1))
        execute_later(
            self._connection,
            update(credential)
            .where(*which)
            .values(**NO_PREVIOUS, generation=credential.c.generation + 1),
        )


def instance_secret_of(oauth_client: Client) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the row of the client's instance secret."""
    return (
        credential.c.client_row_id == oauth_client.row_id,
        credential.c.lookup == instance_secret.LOOKUP,
    )
