"""All repositories of one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.audit import AuditTable
from broker.store.authorization.application_references import ReferenceTable
from broker.store.authorization.approvals import ApprovalTable
from broker.store.authorization.collections.assignments import AssignmentTable
from broker.store.authorization.collections.built_in import BuiltInTable
from broker.store.authorization.collections.declared import DeclaredCollections
from broker.store.authorization.collections.mappings import MappingTable
from broker.store.authorization.collections.role_collections import CollectionTable
from broker.store.authorization.collections.roles import RoleTable
from broker.store.authorization.held_names import HeldNameTable
from broker.store.authorization.roles import RoleTables
from broker.store.authorization.views.applications import ApplicationListTable
from broker.store.authorization.views.collections import CollectionListTable
from broker.store.authorization.views.groups import GroupTable
from broker.store.authorization.views.overview import CollectionOverviewTable
from broker.store.authorization.views.roles import RoleListTable
from broker.store.authorization.views.scope_holders import ScopeHolderTable
from broker.store.bindings import BindingTable
from broker.store.certificate_authorities import AuthorityTable
from broker.store.credentials.certificates import CertificateTable
from broker.store.credentials.instance_secrets import InstanceSecretTable
from broker.store.credentials.refused_attempts import RefusedAttemptTable
from broker.store.credentials.secrets import CredentialTable
from broker.store.database.engine import database_time
from broker.store.database.operation_lock import lock
from broker.store.identity.authorization_codes import AuthorizationCodeTable
from broker.store.identity.client_settings import ClientSettingTable
from broker.store.identity.consents import ConsentTable
from broker.store.identity.passwords import PasswordTable
from broker.store.identity.providers import ProviderTable
from broker.store.identity.refresh_tokens import RefreshTokenTable
from broker.store.identity.sessions import SessionTable
from broker.store.identity.unused_users import UnusedUserTable
from broker.store.identity.user_export import UserExport
from broker.store.identity.user_names import UserNameTable
from broker.store.identity.user_search import UserSearch
from broker.store.identity.users import UserTable
from broker.store.identity.zone_settings import ZoneSettingTable
from broker.store.instances import InstanceTable
from broker.store.logon.known_sources import KnownSourceTable
from broker.store.logon.passcodes import PasscodeTable
from broker.store.logon.password_links import PasswordLinkTable
from broker.store.logon.throttle_counters import ThrottleCounterTable
from broker.store.logon.used_assertions import UsedAssertionTable
from broker.store.reports.audit_trail import AuditTrailReader
from broker.store.reports.credential_overview import OverviewTable
from broker.store.reports.findings import FindingTable
from broker.store.reports.migration import MigrationTable
from broker.store.reports.usage_reading import UsageTable
from broker.store.reports.zone_list import ZoneListTable
from broker.store.rollback.revocations import Revocations
from broker.store.sealing.owner_macs import OwnerMacs
from broker.store.sealing.sealed import Sealer
from broker.store.sealing.transaction_keys import TransactionKeys
from broker.store.tenants import TenantTable
from broker.store.tokens.revoked_tokens import RevokedTokenTable
from broker.store.tokens.signing_keys import SigningKeyTable
from broker.store.zones import ZoneTable

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.identity.zone import Zone
    from broker.store.sealing.data_keys import DataKeys


class Repositories:
    """The repositories of one transaction, on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        """``keys`` seal, open and digest the values of all repositories."""
        self.keys = TransactionKeys(keys)
        sealer, macs = Sealer(self.keys), OwnerMacs(connection, self.keys)
        self._connection = connection
        self.is_rehearsal = False
        self.revocations = Revocations(connection)
        self.audit = AuditTable(connection, self.revocations)
        self.declared_collections = DeclaredCollections(connection)
        self.roles = RoleTables(connection, self.declared_collections)
        self.zones = ZoneTable(connection, self.lock, self._complete_zone)
        self.built_in = BuiltInTable(connection, self.roles, self.zones.operator_zone)
        self.role_collections = CollectionTable(connection)
        self.assignments = AssignmentTable(connection)
        self.mappings = MappingTable(connection)
        self.collection_lists = CollectionListTable(connection)
        self.groups = GroupTable(connection)
        self.role_lists = RoleListTable(connection)
        self.custom_roles = RoleTable(connection)
        self.tenants = TenantTable(connection, macs)
        self.instances = InstanceTable(connection, macs)
        self.bindings = BindingTable(connection, sealer)
        self.credentials = CredentialTable(connection, sealer, self.keys, macs)
        self.instance_secrets = InstanceSecretTable(connection, sealer, self.keys, macs)
        self.usage = UsageTable(connection)
        self.signing_keys = SigningKeyTable(connection, sealer)
        self.issued_tokens = RevokedTokenTable(connection, macs)
        self.refused_attempts = RefusedAttemptTable(connection)
        self.certificates = CertificateTable(connection, self.keys)
        self.authorities = AuthorityTable(connection, sealer, self.lock)
        self.references = ReferenceTable(connection)
        self.held_names = HeldNameTable(connection)
        self.users = UserTable(connection)
        self.providers = ProviderTable(connection, sealer)
        self.user_search = UserSearch(connection)
        self.user_names = UserNameTable(connection)
        self.user_export = UserExport(connection, self.mappings)
        self.passwords = PasswordTable(connection, sealer)
        self.known_sources = KnownSourceTable(connection)
        self.passcodes = PasscodeTable(connection)
        self.password_links = PasswordLinkTable(connection)
        self.throttle_counters = ThrottleCounterTable(connection)
        self.used_assertions = UsedAssertionTable(connection)
        self.client_settings = ClientSettingTable(connection)
        self.approvals = ApprovalTable(connection)
        self.refresh_tokens = RefreshTokenTable(connection, keys)
        self.authorization_codes = AuthorizationCodeTable(connection, keys)
        self.sessions = SessionTable(connection, sealer, keys, self.revocations)
        self.consents = ConsentTable(connection)
        self.zone_settings = ZoneSettingTable(connection)

    @property
    def unused_users(self) -> UnusedUserTable:
        """The repository of users without a recent logon."""
        return UnusedUserTable(self._connection)

    @property
    def application_lists(self) -> ApplicationListTable:
        """The lists of applications."""
        return ApplicationListTable(self._connection)

    @property
    def scope_holders(self) -> ScopeHolderTable:
        """The repository of who has role collections."""
        return ScopeHolderTable(self._connection)

    @property
    def collection_overviews(self) -> CollectionOverviewTable:
        """The repository of overviews of role collections."""
        return CollectionOverviewTable(self._connection)

    @property
    def zone_lists(self) -> ZoneListTable:
        """The repository of the list of zones."""
        return ZoneListTable(self._connection)

    @property
    def audit_reader(self) -> AuditTrailReader:
        """The reader of the audit trail."""
        return AuditTrailReader(self._connection)

    @property
    def overviews(self) -> OverviewTable:
        """The repository of overviews."""
        return OverviewTable(self._connection)

    @property
    def findings(self) -> FindingTable:
        """The repository of what needs attention."""
        return FindingTable(self._connection)

    @property
    def migrations(self) -> MigrationTable:
        """The repository of migrations."""
        return MigrationTable(self._connection)

    def _complete_zone(self, zone: Zone) -> None:
        self.built_in.create(zone)

    def rehearse(self) -> None:
        """Roll the transaction back at its end instead of committing it."""
        self.is_rehearsal = True

    def lock(self, name: str) -> None:
        """Lock a name, such as an instance id, until the end of the transaction."""
        lock(self._connection, name)

    def time(self) -> datetime:
        """Return the database's time, a clock that all hosts share."""
        return database_time(self._connection)
