"""The repositories of one transaction, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert

from broker.store.audit import AuditTable
from broker.store.authorities import AuthorityTable
from broker.store.bindings import BindingTable
from broker.store.certificates import CertificateTable
from broker.store.credentials import CredentialTable
from broker.store.held_names import HeldNameTable
from broker.store.instance_secrets import InstanceSecretTable
from broker.store.instances import InstanceTable
from broker.store.issued_tokens import IssuedTokenTable
from broker.store.references import ReferenceTable
from broker.store.refused_attempts import RefusedAttemptTable
from broker.store.roles import RoleTables
from broker.store.sealed import Sealer
from broker.store.signing_keys import SigningKeyTable
from broker.store.tables import operation_lock
from broker.store.usage_reading import UsageTable
from broker.store.zones import ZoneTable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broker.store.data_keys import DataKeys


class Repositories:
    """Everything that one transaction may read and write, on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        """Share the connection, and with it the transaction."""
        sealer = Sealer(keys)
        self._connection = connection
        self.is_rehearsal = False
        self.audit = AuditTable(connection)
        self.zones = ZoneTable(connection, self.lock)
        self.instances = InstanceTable(connection)
        self.bindings = BindingTable(connection, sealer)
        self.credentials = CredentialTable(connection, sealer, keys)
        self.instance_secrets = InstanceSecretTable(connection, sealer, keys)
        self.usage = UsageTable(connection)
        self.signing_keys = SigningKeyTable(connection, sealer)
        self.issued_tokens = IssuedTokenTable(connection)
        self.refused_attempts = RefusedAttemptTable(connection)
        self.certificates = CertificateTable(connection, keys)
        self.authorities = AuthorityTable(connection, sealer, self.lock)
        self.references = ReferenceTable(connection)
        self.held_names = HeldNameTable(connection)
        self.roles = RoleTables(connection)

    def rehearse(self) -> None:
        """Have everything that this transaction does undone at its end."""
        self.is_rehearsal = True

    def lock(self, instance_id: str) -> None:
        """Make every other write to this instance id wait for this transaction (D-20).

        The row is inserted and deleted again in the same transaction: what waits for it is released
        at the commit, and the table stays empty however many ids are asked for. SQLite needs none
        of this: BEGIN IMMEDIATE has every writer wait already.
        """
        if self._connection.dialect.name == "sqlite":
            return
        self._connection.execute(
            insert(operation_lock)
            .values(name=instance_id)
            .on_conflict_do_update(index_elements=["name"], set_={"name": instance_id})
        )
        self._connection.execute(
            operation_lock.delete().where(operation_lock.c.name == instance_id)
        )
