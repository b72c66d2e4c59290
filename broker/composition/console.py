"""The composition of the console."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, request

from broker.audit.search import ReadAudit
from broker.authentication.own_access import OwnAccess
from broker.authorization.administration_rights import AdministrationRights
from broker.authorization.approvals import Approvals
from broker.authorization.collections.assign import AssignCollections
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.explain_rights import ExplainRights
from broker.authorization.views.access import ReadAccess
from broker.authorization.views.overview import CollectionOverviews
from broker.authorization.views.scope_holders import ReadScopeHolders
from broker.authorization.views.zones import ListZones
from broker.composition.administration import (
    credential_changes,
    key_rotation,
    overview_service,
    update_service,
)
from broker.console.edge import Console
from broker.console.outside.entrance import Entrance, add_entrance
from broker.console.outside.kept_form import KeptForms
from broker.console.outside.root import add_root
from broker.console.outside.session import ConsoleSessions
from broker.console.rendering import STYLE
from broker.console.services import Services
from broker.identity.providers.administer import Providers
from broker.identity.users.change import ChangeUser
from broker.lifecycle.overview.attention import ReadAttention
from broker.lifecycle.overview.migration import ReadMigration
from broker.login.pages.errors import register_page_errors
from broker.login.pages.rendering import Pages
from broker.store.authorization.user_rights import StoredRoles
from broker.store.zones import StoredZones

if TYPE_CHECKING:
    from broker.api.edge import Limits
    from broker.composition.administration import Store
    from broker.composition.client_address import ClientAddress
    from broker.composition.login import LoginService
    from broker.composition.user_grants import UserGrantParts
    from broker.settings.model import Settings


def console(  # noqa: PLR0913, PLR0917 - its dependencies
    settings: Settings,
    store: Store,
    parts: UserGrantParts,
    login: LoginService,
    limits: Limits,
    address: ClientAddress,
) -> Blueprint:
    """Return the endpoints; the key ring is their clock, because times are the store's."""
    clock = parts.tokens.keys
    idle_end = timedelta(seconds=settings.console_idle_time)
    sessions = ConsoleSessions(login.browser, login.values, clock, idle_end)
    entrance = Entrance(sessions, parts.transactions, login.flow.require_login)
    rights = AdministrationRights(
        StoredRoles(store.engine), clock, timedelta(seconds=settings.snapshot_max_age)
    )
    pages = Console(
        _services(settings, store, parts),
        sessions,
        entrance,
        rights,
        StoredZones(store.engine),
        limits,
        KeptForms(login.browser.cookies, login.values, clock),
        lambda: address(request.environ),
        parts.turn.pause,
    )
    blueprint = Blueprint("console", __name__)
    register_page_errors(blueprint, Pages())
    STYLE.add_to(blueprint)
    add_entrance(blueprint, entrance, login.turns)
    add_root(blueprint, clock, is_secure=login.browser.cookies.is_secure)
    pages.add_to(blueprint)
    return blueprint


def _services(settings: Settings, store: Store, parts: UserGrantParts) -> Services:
    transactions, clock = parts.transactions, parts.tokens.keys
    return Services(
        zones=ListZones(transactions),
        collection_overviews=CollectionOverviews(transactions),
        collections=ZoneCollections(transactions),
        access=ReadAccess(transactions),
        assign_collections=AssignCollections(transactions),
        map_collections=MapCollections(transactions),
        change_user=ChangeUser(transactions, clock),
        providers=Providers(transactions, clock, allows_http=settings.mode == "dev"),
        own_access=OwnAccess(transactions, clock),
        audit=ReadAudit(transactions),
        overviews=overview_service(settings, store, clock),
        change_credentials=credential_changes(store, clock),
        migration=ReadMigration(transactions, clock),
        attention=ReadAttention(transactions, clock),
        approvals=Approvals(transactions, clock, settings.approves_apiaccess),
        update=update_service(settings, transactions),
        explain_rights=ExplainRights(transactions, parts.client_settings, parts.rights),
        scope_holders=ReadScopeHolders(transactions, parts.client_settings, parts.rights, clock),
        preview=parts.tokens.preview,
        signing_keys=key_rotation(settings, store.engine, store.keys).states,
    )
