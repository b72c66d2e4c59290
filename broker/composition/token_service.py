"""The composition of the token service, which also runs without the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from broker.authentication.failure_limit import FailureLimit
from broker.authentication.former_zone import FormerZones
from broker.authentication.secret import SecretAuthenticator
from broker.composition.certificates import certificate_authenticator, certificate_source, trust_of
from broker.composition.user_grants import user_grants
from broker.oauth.clients.authentication import ClientAuthentication
from broker.oauth.discovery import add_discovery
from broker.oauth.errors import register_error_handlers
from broker.oauth.introspection import IntrospectionEndpoint, add_introspection
from broker.oauth.protected_endpoints import Callers
from broker.oauth.revocation import add_revocation, add_user_revocation
from broker.oauth.token.batch import Endpoints
from broker.oauth.token.endpoint import TokenEndpoint, add_token_endpoint
from broker.oauth.token_keys import add_key_endpoints
from broker.oauth.userinfo import add_userinfo
from broker.oauth.zones import RequestZone
from broker.observability.refusals import RefusalCounts
from broker.runtime.background import PeriodicTask
from broker.store.credentials.lookup import StoredCredentials
from broker.store.credentials.refusal_trail import StoredRefusals
from broker.store.identity.users import StoredUsers
from broker.store.tokens.granted_scopes import StoredGrants
from broker.store.tokens.issued_tokens import StoredTokenOrigins
from broker.store.zones import StoredZones
from broker.tokens.client_authorities import Authorities
from broker.tokens.client_claims import ClientClaims
from broker.tokens.grants.client_credentials import ClientCredentials
from broker.tokens.introspection import Introspection
from broker.tokens.revocations.tokens import TokenRevocation
from broker.tokens.revocations.users import UserRevocation

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from broker.addresses import Addresses
    from broker.composition.client_address import ClientAddress
    from broker.composition.user_grants import UserGrantParts
    from broker.oauth.observer import TokenObserver
    from broker.runtime.background import BackgroundWorker
    from broker.settings.model import Settings
    from broker.store.sealing.data_keys import DataKeys
    from broker.tokens.grant import Grant
    from broker.tokens.signing import KeyRing


_REFUSALS_SECONDS = 10.0


def token_service(  # noqa: PLR0913, PLR0917 - its dependencies
    settings: Settings,
    engine: Engine,
    keys: DataKeys,
    addresses: Addresses,
    ring: KeyRing,
    observer: TokenObserver,
    background: BackgroundWorker,
    address: ClientAddress,
    parts: UserGrantParts,
) -> tuple[Blueprint, Endpoints]:
    """Return the endpoints of the token service, and those that the fast path serves, too."""
    transactions = parts.transactions
    authorities = Authorities(StoredGrants(engine))
    client_credentials = ClientCredentials(
        ring,
        authorities,
        ClientClaims(addresses),
        addresses.keys_url,
        settings.token_validity,
        settings.token_backdate,
    )
    introspection = Introspection(
        ring, StoredTokenOrigins(engine), keys, addresses, StoredUsers(engine)
    )
    grants: list[Grant] = [
        client_credentials,
        *user_grants(settings, parts, introspection, keys, address),
    ]
    refusals = RefusalCounts(StoredRefusals(engine, transactions), ring, background.notify)
    background.add(PeriodicTask("refusals", refusals.flush, _REFUSALS_SECONDS))
    blueprint = Blueprint("oauth", __name__)
    register_error_handlers(blueprint, observer)
    zones = StoredZones(engine)
    authentication = ClientAuthentication(
        SecretAuthenticator(StoredCredentials(engine), keys),
        certificate_authenticator(engine, keys, trust_of(settings, engine), ring),
        certificate_source(settings),
        addresses,
        FailureLimit(settings.failure_limit),
        refusals,
        address,
        observer,
        FormerZones(zones),
    )
    callers = Callers(authentication, introspection, authorities)
    zone = RequestZone(addresses, zones)
    endpoint = TokenEndpoint(
        authentication,
        {grant.grant_type: grant for grant in grants},
        client_credentials,
        observer,
    )
    add_token_endpoint(blueprint, endpoint, parts.slots, parts.turn)
    introspection_endpoint = IntrospectionEndpoint(callers, introspection)
    add_introspection(blueprint, introspection_endpoint)
    add_revocation(blueprint, callers, introspection, TokenRevocation(transactions))
    add_user_revocation(blueprint, callers, UserRevocation(transactions, settings.token_backdate))
    add_userinfo(blueprint, callers)
    add_key_endpoints(blueprint, ring, zone)
    add_discovery(
        blueprint, addresses, zone, grants, with_certificates=settings.accepts_certificates
    )
    return blueprint, Endpoints(endpoint, introspection_endpoint)
