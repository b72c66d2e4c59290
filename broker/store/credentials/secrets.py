"""Client secrets in the database: digests, and the sealed instance secret (D-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from broker.credentials.digest import digest
from broker.descriptor.model import CredentialType
from broker.ids import new_row_id
from broker.store.credentials.instance_secrets import instance_secret_of
from broker.store.sealing.places import secret_place
from broker.store.tables.core import credential

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.credentials.kind import Secret
    from broker.identity.client import Client
    from broker.instances.model import Binding
    from broker.store.sealing.data_keys import DataKeys
    from broker.store.sealing.sealed import Sealer

FIRST_GENERATION = 1


class CredentialTable:
    """Writes the credentials of a client."""

    def __init__(self, connection: Connection, sealer: Sealer, keys: DataKeys) -> None:
        """``sealer`` seals and ``keys`` digest what the connection's transaction writes."""
        self._connection = connection
        self._sealer = sealer
        self._keys = keys

    def add_binding_secret(
        self, client: Client, binding: Binding, secret: Secret, now: datetime
    ) -> None:
        """Insert the digest of a binding secret; the secret is in the sealed payload only."""
        self._add(client, binding.credential_type, secret, now, binding_row_id=binding.row_id)

    def add_instance_secret(self, client: Client, secret: Secret, now: datetime) -> None:
        """Insert the instance secret, digested and sealed: later bindings return it again."""
        self._add(client, CredentialType.INSTANCE_SECRET, secret, now, binding_row_id=None)

    def instance_secret(self, client: Client) -> str | None:
        """Return the client's instance secret in clear text, None without one."""
        row = self._connection.execute(
            select(credential.c.id, credential.c.sealed_secret).where(*instance_secret_of(client))
        ).one_or_none()
        if row is None:
            return None
        return self._sealer.open(row.sealed_secret, secret_place(row.id)).decode()

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
        self._connection.execute(
            update(credential).where(*instance_secret_of(client)).values(delisted_at=at)
        )

    def _add(
        self,
        client: Client,
        type_: str,
        secret: Secret,
        now: datetime,
        *,
        binding_row_id: int | None,
    ) -> None:
        row_id, key = new_row_id(), self._keys.newest_digest_key()
        sealed = None
        if binding_row_id is None:
            sealed = self._sealer.seal(secret.text.encode(), secret_place(row_id))
        self._connection.execute(
            insert(credential),
            {
                "id": row_id,
                "client_row_id": client.row_id,
                "lookup": secret.lookup,
                "binding_row_id": binding_row_id,
                "type": type_,
                "digest": digest(key.secret, row_id, client.client_id, type_, secret.text),
                "digest_key_id": key.id,
                "generation": FIRST_GENERATION,
                "sealed_secret": sealed,
                "created_at": now,
            },
        )
