"""The composition of the services that administer users, roles and providers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.authentication.passwords.links import PasswordLinks
from broker.authorization.approvals import Approvals
from broker.authorization.collections.assign import AssignCollections
from broker.authorization.collections.built_in import operator_zone
from broker.authorization.collections.create_administrator import CreateAdministrator
from broker.authorization.collections.custom_roles import ZoneRoles
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.transfer import Transfer
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.explain_rights import ExplainRights
from broker.authorization.user_rights import DecidedRights
from broker.authorization.views.scope_holders import ReadScopeHolders
from broker.clock import SystemClock
from broker.composition.administration import open_command_store, redirect_policy
from broker.identity.administered_zone import administered_zone
from broker.identity.password_policy import PasswordPolicy
from broker.identity.providers.administer import Providers
from broker.identity.set_password import SetPassword
from broker.identity.users.add import AddUser
from broker.identity.users.change import ChangeUser
from broker.identity.users.delete import DeleteUser
from broker.identity.users.read import ReadUsers
from broker.identity.zone_settings import ChangeZoneSettings
from broker.store.authorization.user_rights import StoredRoles
from broker.store.database.faults import translating
from broker.store.identity.client_settings import StoredClientSettings
from broker.store.transactions import StoreTransactions

if TYPE_CHECKING:
    from broker.clock import Clock
    from broker.identity.administered_zone import FindZone
    from broker.settings.model import Settings


@dataclass(frozen=True, slots=True)
class UserAdministration:
    """The services behind the commands on users, or on operators."""

    read: ReadUsers
    change: ChangeUser
    delete: DeleteUser


@dataclass(frozen=True, slots=True)
class IdentityAdministration:
    """The services behind the commands on users, roles and providers."""

    transactions: StoreTransactions
    add_user: AddUser
    users: UserAdministration
    operators: UserAdministration
    """Whatever zone is named, their users are those of the operator's zone."""
    set_password: SetPassword
    password_links: PasswordLinks
    create_administrator: CreateAdministrator
    approvals: Approvals
    providers: Providers
    zone_settings: ChangeZoneSettings
    assign_collections: AssignCollections
    map_collections: MapCollections
    zone_collections: ZoneCollections
    zone_roles: ZoneRoles
    transfer: Transfer
    explain_rights: ExplainRights
    scope_holders: ReadScopeHolders


def open_identity(settings: Settings) -> IdentityAdministration:
    """Return the services; raise ConfigurationError if the schema is not current."""
    store = open_command_store(settings)
    with translating():
        store.keys.load()
    transactions, clock = StoreTransactions(store.engine, store.keys), SystemClock()
    set_password = SetPassword(transactions, PasswordPolicy(settings.password_min_length))
    add_user = AddUser(transactions, clock, set_password)
    links = PasswordLinks(transactions, store.keys, set_password)
    client_settings = StoredClientSettings(store.engine)
    rights = DecidedRights(
        StoredRoles(store.engine), clock, timedelta(seconds=settings.snapshot_max_age)
    )
    return IdentityAdministration(
        transactions,
        add_user=add_user,
        users=_user_administration(transactions, clock, administered_zone),
        operators=_user_administration(
            transactions, clock, lambda store, _zone: operator_zone(store)
        ),
        approvals=Approvals(transactions, clock, settings.approves_apiaccess),
        assign_collections=AssignCollections(transactions),
        map_collections=MapCollections(transactions),
        zone_collections=ZoneCollections(transactions),
        zone_roles=ZoneRoles(transactions),
        transfer=Transfer(transactions),
        explain_rights=ExplainRights(transactions, client_settings, rights),
        scope_holders=ReadScopeHolders(transactions, client_settings, rights, clock),
        set_password=set_password,
        password_links=links,
        create_administrator=CreateAdministrator(transactions, add_user, set_password, links),
        providers=Providers(transactions, clock, allows_http=settings.mode == "dev"),
        zone_settings=ChangeZoneSettings(transactions, clock, redirect_policy(settings)),
    )


def _user_administration(
    transactions: StoreTransactions, clock: Clock, find_zone: FindZone
) -> UserAdministration:
    parts = transactions, clock, find_zone
    return UserAdministration(ReadUsers(*parts), ChangeUser(*parts), DeleteUser(*parts))
