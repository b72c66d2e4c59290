"""All repositories of one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.audit import AuditTable
from broker.store.authorization.application_references import ReferenceTable
from broker.store.authorization.held_names import HeldNameTable
from broker.store.authorization.roles import RoleTables
from broker.store.bindings import BindingTable
from broker.store.certificate_authorities import AuthorityTable
from broker.store.credentials.certificates import CertificateTable
from broker.store.credentials.instance_secrets import InstanceSecretTable
from broker.store.credentials.refused_attempts import RefusedAttemptTable
from broker.store.credentials.secrets import CredentialTable
from broker.store.database.engine import database_time
from broker.store.database.operation_lock import lock
from broker.store.identity.users import UserTable
from broker.store.instances import InstanceTable
from broker.store.reports.usage_reading import UsageTable
from broker.store.sealing.sealed import Sealer
from broker.store.tenants import TenantTable
from broker.store.tokens.revoked_tokens import RevokedTokenTable
from broker.store.tokens.signing_keys import SigningKeyTable
from broker.store.zones import ZoneTable

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.store.sealing.data_keys import DataKeys


class Repositories:
    """The repositories of one transaction, on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        """``keys`` seal, open and digest the values of all repositories."""
        sealer = Sealer(keys)
        self._connection = connection
        self.is_rehearsal = False
        self.audit = AuditTable(connection)
        self.zones = ZoneTable(connection, self.lock)
        self.tenants = TenantTable(connection)
        self.instances = InstanceTable(connection)
        self.bindings = BindingTable(connection, sealer)
        self.credentials = CredentialTable(connection, sealer, keys)
        self.instance_secrets = InstanceSecretTable(connection, sealer, keys)
        self.usage = UsageTable(connection)
        self.signing_keys = SigningKeyTable(connection, sealer)
        self.issued_tokens = RevokedTokenTable(connection)
        self.refused_attempts = RefusedAttemptTable(connection)
        self.certificates = CertificateTable(connection, keys)
        self.authorities = AuthorityTable(connection, sealer, self.lock)
        self.references = ReferenceTable(connection)
        self.held_names = HeldNameTable(connection)
        self.roles = RoleTables(connection)
        self.users = UserTable(connection)

    def rehearse(self) -> None:
        """Roll the transaction back at its end instead of committing it."""
        self.is_rehearsal = True

    def lock(self, name: str) -> None:
        """Lock a name, such as an instance id, until the end of the transaction."""
        lock(self._connection, name)

    def time(self) -> datetime:
        """Return the database's time, a clock that all hosts share."""
        return database_time(self._connection)
