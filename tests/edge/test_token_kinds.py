"""Every kind of token at every endpoint: all but the intended pairs are refused (TH-07, D-58)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from broker.authentication.passwords.links import PasswordLinks
from broker.authentication.passwords.passcode import Passcodes
from broker.authentication.session import Sessions
from broker.credentials.opaque import Opaque
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.tokens.authorization_code import AuthorizationCodes
from broker.tokens.user_tokens import Logon
from tests.support.application import fetch_token
from tests.support.domain import OPERATOR
from tests.support.platform import APIACCESS, PlatformClient, a_descriptor, a_guid
from tests.support.server_store import ServerStore, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.identity.user import User
    from tests.support.application import Credentials
    from tests.support.server import Server

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CODE = "authorization_code"
TYPES = {"credential-types": ["binding-secret"]}


@dataclass(frozen=True)
class Parties:
    """Three clients and two users of one zone, and one of each of another zone.

    ``revoked`` is the user whose tokens requests revoke.
    """

    store: ServerStore
    ours: Credentials
    other: Credentials
    administrator: Credentials
    foreign: Credentials
    user: User
    revoked: User
    foreigner: User

    def user_token(
        self, credentials: Credentials, user: User | None = None, *scopes: str, **options: Any
    ) -> Any:
        """Return the tokens of a user at the client, as the user is now."""
        scopes = scopes or ("openid", "uaa.user")
        current = self.store.current(user or self.user)
        return self.store.tokens.issue(credentials, current, *scopes, **options)

    def expired(self) -> str:
        """Return a token that has expired."""
        service = self.store.tokens
        issued = replace(service.tokens, default_validity=-60)
        before, service.tokens = service.tokens, issued
        try:
            token: str = self.user_token(self.ours).access_token
            return token
        finally:
            service.tokens = before

    def of_client(self, credentials: Credentials) -> str:
        """Return a token of the client itself."""
        token: str = fetch_token(credentials).json()["access_token"]
        return token

    def refresh_token(self) -> str:
        """Return a refresh token from an exchange."""
        token = self.user_token(self.ours).access_token
        token_response = self.post("/oauth/token", assertion=token, grant_type=JWT_BEARER)
        refresh_token: str = token_response.json()["refresh_token"]
        return refresh_token

    def code(self) -> str:
        """Return an authorization code of the client."""
        tokens = self.store.tokens
        client = tokens.client(self.ours).client
        logon = Logon(self.store.current(self.user), tokens.ring.now(), ("pwd",))
        codes = AuthorizationCodes(tokens.ring)
        return self.store.transactions.run(
            lambda store: codes.create(store, client, logon, ["openid"], redirect_uri=None)
        )

    def session(self) -> str:
        """Return the cookie of a session of the user."""
        sessions = Sessions(self.store.transactions, self.store.tokens.ring)
        user = self.store.current(self.user)
        return self.store.transactions.run(lambda store: sessions.begin(store, user, ("pwd",)))[0]

    def passcode(self) -> str:
        """Return a passcode of the user."""
        passcodes = Passcodes(self.store.transactions, self.store.keys)
        now = self.store.tokens.ring.now()
        return passcodes.create(self.store.current(self.user), now, ("pwd",))

    def password_link(self) -> str:
        """Return the secret part of a link with which the user sets a password."""
        transactions = self.store.transactions
        set_password = SetPassword(transactions, PasswordPolicy())
        links = PasswordLinks(transactions, self.store.keys, set_password)
        return links.reset(OPERATOR, self.ours["identityzoneid"], self.user.name)[1]

    def post(self, path: str, bearer: str = "", **form: str) -> requests.Response:
        """Send a form to our zone, as our client or with a Bearer token."""
        headers = {"X-zid": self.ours["identityzoneid"]}
        return requests.post(
            f"{self.ours['url']}{path}",
            data=form,
            auth=None if bearer else (self.ours["clientid"], self.ours["clientsecret"]),
            headers=headers | ({"Authorization": f"Bearer {bearer}"} if bearer else {}),
            timeout=30,
        )


def bound(platform: PlatformClient, organization: str = "", plan: str = "") -> Credentials:
    """Return credentials of a new application, or of plan apiaccess."""
    instance = a_guid()
    where: dict[str, Any] = {}
    if organization:
        context = {"platform": "cloudfoundry", "organization_guid": organization}
        where = {"organization_guid": organization, "context": context}
    descriptor = {} if plan else a_descriptor(oauth2_configuration=TYPES)
    created = platform.provision(instance, descriptor, *([plan] if plan else []), **where)
    assert created.status_code == 201, created.text
    response = platform.bind(instance, a_guid(), None, *([plan] if plan else []))
    credentials: Credentials = response.json()["credentials"]
    return credentials


@pytest.fixture(scope="module")
def parties(servers: Callable[[str], Server]) -> Iterator[Parties]:
    """Parties on SQLite, where the rules are the same."""
    server = servers("sqlite")
    platform = PlatformClient(server.url, server.user, server.password)
    organization, elsewhere = a_guid(), a_guid()
    ours = bound(platform, organization)
    foreign = bound(platform, elsewhere)
    with store_of(server) as store:
        yield Parties(
            store,
            ours,
            bound(platform, organization),
            bound(platform, organization, APIACCESS),
            foreign,
            store.add_user(ours["identityzone"]),
            store.add_user(ours["identityzone"], "berta"),
            store.add_user(foreign["identityzone"]),
        )


KINDS: dict[str, Callable[[Parties], str]] = {
    "client": lambda found: found.of_client(found.ours),
    "administrator": lambda found: found.of_client(found.administrator),
    "other client": lambda found: found.of_client(found.other),
    "foreign client": lambda found: found.of_client(found.foreign),
    "user": lambda found: found.user_token(found.ours).access_token,
    "user at other": lambda found: found.user_token(found.other).access_token,
    "user at other, no uaa.user": lambda found: (
        found.user_token(found.other, None, "openid").access_token
    ),
    "foreigner": lambda found: found.user_token(found.foreign, found.foreigner).access_token,
    "foreigner at ours": lambda found: found.user_token(found.ours, found.foreigner).access_token,
    "expired": Parties.expired,
    "id token": lambda found: found.user_token(found.ours).id_token,
    "refresh token": Parties.refresh_token,
    "code": Parties.code,
    "session": Parties.session,
    "passcode": Parties.passcode,
    "password link": Parties.password_link,
    "unknown opaque": lambda _: str(Opaque.new()),
}


def introspected(found: Parties, token: str, path: str = "/introspect") -> requests.Response:
    response = found.post(path, token=token)
    if path == "/introspect" and response.json() == {"active": False}:
        response.status_code = 400
    return response


def as_bearer(path: str, **form: str) -> Callable[[Parties, str], requests.Response]:
    return lambda found, token: found.post(
        path.format(ours=found.ours["clientid"], user=found.revoked.user_id), token, **form
    )


def as_secret(found: Parties, token: str) -> requests.Response:
    wrong = {**found.ours, "clientsecret": token}
    return fetch_token(wrong)


def at_the_service_broker(found: Parties, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Broker-API-Version": "2.17"}
    return requests.get(f"{found.ours['url']}/v2/catalog", headers=headers, timeout=30)


ACTIVE = {"client", "user"}
CLIENTS = {"client", "administrator", "other client"}
ENDPOINTS: dict[str, tuple[Callable[[Parties, str], requests.Response], set[str]]] = {
    "assertion": (
        lambda found, token: found.post("/oauth/token", grant_type=JWT_BEARER, assertion=token),
        {"user", "user at other"},
    ),
    "token endpoint": (as_bearer("/oauth/token", grant_type="client_credentials"), set()),
    "exchange as Bearer": (as_bearer("/oauth/token", grant_type=JWT_BEARER), set()),
    "user_token": (as_bearer("/oauth/token", grant_type="user_token", client_id="x"), set()),
    "client secret": (as_secret, set()),
    "code": (
        lambda found, token: found.post(
            "/oauth/token", grant_type="authorization_code", code=token
        ),
        {"code"},
    ),
    "refresh token": (
        lambda found, token: found.post(
            "/oauth/token", grant_type="refresh_token", refresh_token=token
        ),
        {"refresh token"},
    ),
    "passcode": (
        lambda found, token: found.post("/oauth/token", grant_type="password", passcode=token),
        {"passcode"},
    ),
    "service broker": (at_the_service_broker, set()),
    "introspected": (introspected, ACTIVE),
    "checked": (lambda found, token: introspected(found, token, "/check_token"), ACTIVE),
    "introspect": (as_bearer("/introspect", token="x"), CLIENTS),
    "revoke of another token": (as_bearer("/oauth/revoke", token="x"), CLIENTS),
    "revoke of itself": (
        lambda found, token: found.post("/oauth/revoke", token, token=token),
        {*CLIENTS, "user", "user at other", "user at other, no uaa.user"},
    ),
    "revoke/client": (as_bearer("/oauth/token/revoke/client/{ours}"), {"client"}),
    "revoke/user": (as_bearer("/oauth/token/revoke/user/{user}"), {"administrator"}),
    "revoke/user/client": (
        as_bearer("/oauth/token/revoke/user/{user}/client/{ours}"),
        {"administrator", "client"},
    ),
}
"""The use of a token at each endpoint, and the kinds that are accepted there."""


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_only_the_intended_kinds_are_accepted(parties: Parties, endpoint: str) -> None:
    use, intended = ENDPOINTS[endpoint]
    accepted = set()
    for kind, token_of in KINDS.items():
        token = token_of(parties)
        response = use(parties, token)
        assert response.status_code in {200, 400, 401, 403}, (kind, response.text)
        if response.ok:
            accepted.add(kind)
        else:
            assert token not in response.text
    assert accepted == intended
