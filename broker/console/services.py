"""The services of the domain that the handlers call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.audit.search import ReadAudit
    from broker.authentication.own_access import OwnAccess
    from broker.authorization.approvals import Approvals
    from broker.authorization.collections.assign import AssignCollections
    from broker.authorization.collections.map_collections import MapCollections
    from broker.authorization.collections.zone_collections import ZoneCollections
    from broker.authorization.explain_rights import ExplainRights
    from broker.authorization.rights import Rights
    from broker.authorization.views.access import ReadAccess
    from broker.authorization.views.overview import CollectionOverviews
    from broker.authorization.views.scope_holders import ReadScopeHolders
    from broker.authorization.views.zones import ListZones
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.identity.providers.administer import Providers
    from broker.identity.user import User
    from broker.identity.users.change import ChangeUser
    from broker.lifecycle.overview.attention import ReadAttention
    from broker.lifecycle.overview.change import ChangeCredentials
    from broker.lifecycle.overview.migration import ReadMigration
    from broker.lifecycle.overview.read import ReadOverviews
    from broker.lifecycle.update import Update
    from broker.tokens.key_state import KeyState
    from broker.tokens.ports import StoredSigningKey
    from broker.tokens.user_tokens import TokenPreview

SigningKeys = Callable[[], "Sequence[tuple[StoredSigningKey, KeyState]]"]
"""Returns the signing keys with their states."""


TokenPreviews = Callable[["Client", "User", "Rights", "ClientSettings"], "TokenPreview"]
"""Returns what a token would contain, unsigned."""


@dataclass(frozen=True, slots=True)
class Services:
    """One attribute for each service."""

    zones: ListZones
    collection_overviews: CollectionOverviews
    collections: ZoneCollections
    overviews: ReadOverviews
    change_credentials: ChangeCredentials
    migration: ReadMigration
    attention: ReadAttention
    approvals: Approvals
    update: Update
    signing_keys: SigningKeys
    access: ReadAccess
    assign_collections: AssignCollections
    map_collections: MapCollections
    change_user: ChangeUser
    providers: Providers
    own_access: OwnAccess
    explain_rights: ExplainRights
    scope_holders: ReadScopeHolders
    preview: TokenPreviews
    audit: ReadAudit
