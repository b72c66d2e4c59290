"""Client secrets in the database: digests, and the sealed instance secret (D-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, update

from broker.credentials.digest import digest
from broker.credentials.owner_mac import CredentialOwner
from broker.descriptor.model import CredentialType
from broker.errors import IntegrityViolated
from broker.ids import new_row_id
from broker.store.credentials.instance_secrets import instance_secret_of
from broker.store.database.deferred import execute_later
from broker.store.sealing.owner_macs import OWNED_DIGESTS, credential_columns, digest_columns
from broker.store.sealing.places import secret_place
from broker.store.sealing.sealed_values import wrong_digest
from broker.store.tables.core import credential

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.credentials.kind import Secret
    from broker.identity.client import Client
    from broker.instances.model import Binding, Instance
    from broker.store.sealing.owner_macs import OwnerMacs
    from broker.store.sealing.sealed import Sealer
    from broker.store.sealing.transaction_keys import TransactionKeys

FIRST_GENERATION = 1

_INSERT = insert(credential)
_WITH_SECRET = OWNED_DIGESTS.add_columns(credential.c.sealed_secret)


class CredentialTable:
    """Writes the credentials of a client."""

    def __init__(
        self, connection: Connection, sealer: Sealer, keys: TransactionKeys, macs: OwnerMacs
    ) -> None:
        """``sealer`` seals and ``keys`` digest what the connection's transaction writes."""
        self._connection = connection
        self._sealer = sealer
        self._keys = keys
        self._macs = macs

    def add_binding_secret(
        self, client: Client, binding: Binding, secret: Secret, now: datetime
    ) -> None:
        """Insert the digest of a binding secret; the secret is in the sealed payload only."""
        owner = CredentialOwner(
            new_row_id(),
            binding.credential_type,
            secret.lookup,
            binding.row_id,
            FIRST_GENERATION,
            client.identity,
        )
        self._insert(owner, secret, now)

    def add_instance_secret(self, instance: Instance, secret: Secret, now: datetime) -> None:
        """Insert the instance secret, digested and sealed: later bindings return it again."""
        row_id = new_row_id()
        sealed = self._sealer.seal(secret.text.encode(), secret_place(row_id, instance.owner))
        owner = CredentialOwner(
            row_id,
            CredentialType.INSTANCE_SECRET,
            secret.lookup,
            None,
            FIRST_GENERATION,
            instance.client.identity,
        )
        self._insert(owner, secret, now, sealed_secret=sealed)

    def instance_secret(self, instance: Instance) -> str | None:
        """Return the instance secret in clear text, None without one; raise IntegrityViolated."""
        query = _WITH_SECRET.where(*instance_secret_of(instance.client))
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        self._macs.require_credential(row)
        text = self._sealer.open(row.sealed_secret, secret_place(row.id, instance.owner)).decode()
        key = self._keys.digest_key(row.digest_key_id)
        # Before owners are bound, the digest alone names the client.
        if digest(key.secret, row.id, row.client_id, row.type, text) != row.digest:
            raise IntegrityViolated(wrong_digest(row))
        return text

    def delist_instance_secret(self, client: Client, now: datetime) -> None:
        """Record when the type was de-listed (D-02)."""
        self._mark_delisted(client, now)

    def relist_instance_secret(self, client: Client) -> None:
        """Accept the instance secret again."""
        self._mark_delisted(client, None)

    def drop_instance_secret(self, client: Client, *, delisted_before: datetime) -> bool:
        """Delete the instance secret if de-listed before that time; return whether it was."""
        deleted = self._connection.execute(
            delete(credential).where(
                *instance_secret_of(client), credential.c.delisted_at <= delisted_before
            )
        )
        return deleted.rowcount > 0

    def _mark_delisted(self, client: Client, at: datetime | None) -> None:
        execute_later(
            self._connection,
            update(credential).where(*instance_secret_of(client)).values(delisted_at=at),
        )

    def _insert(
        self,
        owner: CredentialOwner,
        secret: Secret,
        now: datetime,
        *,
        sealed_secret: bytes | None = None,
    ) -> None:
        key = self._keys.newest_digest_key()
        execute_later(
            self._connection,
            _INSERT,
            {
                **credential_columns(owner),
                **digest_columns(key, owner, secret.text),
                "sealed_secret": sealed_secret,
                "created_at": now,
            },
        )
