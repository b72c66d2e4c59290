"""The composition of the administration APIs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from broker.api.bearer import Bearers
from broker.api.edge import AdministrationApi, Limits
from broker.api.openapi.endpoints import Documentation
from broker.api.rates import Rates
from broker.api.request import KeysView, Services
from broker.api.routing import Router
from broker.api.table import ROUTES
from broker.authorization.collections.custom_roles import ZoneRoles
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.groups.by_name import UsersByName
from broker.authorization.groups.change import ChangeGroups
from broker.authorization.groups.of_user import CollectionsOfUser
from broker.authorization.groups.read import ReadGroups, ReadUsersWithGroups
from broker.authorization.groups.write import WriteUsers
from broker.authorization.views.applications import ListApplications
from broker.authorization.views.changed_roles import ChangeRoles
from broker.authorization.views.collections import ListCollections
from broker.authorization.views.mappings import ListMappings
from broker.authorization.views.roles import ListRoles
from broker.clock import SystemClock
from broker.composition.administration import (
    credential_changes,
    key_rotation,
    overview_service,
    redirect_policy,
)
from broker.composition.certificates import certificate_source
from broker.identity.password_policy import PasswordPolicy
from broker.identity.providers.administer import Providers
from broker.identity.set_password import SetPassword
from broker.identity.users.add import AddUser
from broker.identity.users.change import ChangeUser
from broker.identity.users.delete import DeleteUser
from broker.identity.zone_settings import ChangeZoneSettings
from broker.instances.inventory import ListTypesOfBindings
from broker.login.pages.headers import page_headers
from broker.login.pages.stylesheet import STYLE_URL
from broker.runtime.slots import FairSlots
from broker.settings.threads import active_administration, waiting_administration
from broker.store.tokens.granted_scopes import StoredGrants
from broker.tokens.client_authorities import Authorities

if TYPE_CHECKING:
    from flask import Flask

    from broker.addresses import Addresses
    from broker.composition.administration import Store
    from broker.composition.user_grants import UserGrantParts
    from broker.settings.model import Settings
    from broker.store.transactions import StoreTransactions
    from broker.tokens.introspection import Introspection


def add_administration_api(  # noqa: PLR0913, PLR0917 - its dependencies
    app: Flask,
    settings: Settings,
    store: Store,
    addresses: Addresses,
    introspection: Introspection,
    parts: UserGrantParts,
    limits: Limits,
) -> None:
    """Add the administration APIs and their documentation to the application."""
    bearers = Bearers(
        introspection,
        Authorities(StoredGrants(store.engine)),
        parts.rights,
        parts.client_settings,
        certificate_source(settings),
    )
    AdministrationApi(
        Router(ROUTES), services_of(settings, store, parts.transactions), bearers, limits
    ).add_to(app)
    documentation = Documentation(
        ROUTES,
        addresses.api_url,
        f"{addresses.shared_url}/oauth/token",
        STYLE_URL,
        page_headers(),
    )
    app.register_blueprint(documentation.blueprint())


def administration_limits(settings: Settings, parts: UserGrantParts) -> Limits:
    """Return the limits of the administration, by its APIs and the console together."""
    slots = FairSlots(
        active_administration(settings.threads), waiting_administration(settings.threads)
    )
    return Limits(slots, parts.turn, settings.lock_timeout, Rates.of(settings.api_rates))


def services_of(settings: Settings, store: Store, transactions: StoreTransactions) -> Services:
    """Return the services of the handlers, all on these transactions."""
    clock = SystemClock()
    policy = PasswordPolicy(settings.password_min_length)
    add_user = AddUser(transactions, clock, SetPassword(transactions, policy))
    return Services(
        list_collections=ListCollections(transactions),
        list_roles=ListRoles(transactions),
        list_applications=ListApplications(transactions),
        role_collections=ZoneCollections(transactions),
        zone_roles=ZoneRoles(transactions),
        change_roles=ChangeRoles(transactions),
        list_mappings=ListMappings(transactions),
        map_collections=MapCollections(transactions),
        users_by_name=UsersByName(transactions, add_user),
        collections_of_user=CollectionsOfUser(transactions),
        write_users=WriteUsers(
            transactions,
            add_user,
            ChangeUser(transactions, clock),
            DeleteUser(transactions, clock),
        ),
        users_with_groups=ReadUsersWithGroups(transactions),
        read_groups=ReadGroups(transactions),
        change_groups=ChangeGroups(transactions),
        providers=Providers(transactions, clock, allows_http=settings.mode == "dev"),
        zone_settings=ChangeZoneSettings(transactions, clock, redirect_policy(settings)),
        signing_keys=_keys(settings, store),
        types_of_bindings=ListTypesOfBindings(transactions),
        overviews=overview_service(settings, store),
        change_credentials=credential_changes(store),
    )


def _keys(settings: Settings, store: Store) -> KeysView:
    period = timedelta(seconds=settings.key_period) if settings.key_period else None
    return KeysView(key_rotation(settings, store.engine, store.keys).states, period)
