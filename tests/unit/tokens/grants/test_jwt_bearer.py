"""The exchange of users' tokens: its checks, in order, and what is carried on (D-44, I-118)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from broker.authentication.client import AuthenticatedClient
from broker.authorization.rights import Rights
from broker.descriptor.model import CredentialType, GrantType
from broker.descriptor.token_size import MAX_TOKEN_BYTES
from broker.errors import GrantRefused, LogonInvalid, TokenInvalid
from broker.identity.client_settings import ClientSettings
from broker.tokens.grants.jwt_bearer import JwtBearer
from broker.tokens.introspection import ActiveToken
from broker.tokens.refresh_tokens import Source, Started
from broker.tokens.signing import KeyRing
from broker.tokens.user_tokens import UserTokens
from tests.support.application import token_claims
from tests.support.digest_keys import FixedDigestKeys
from tests.support.domain import ADDRESSES, a_signing_key
from tests.support.instances import START, ZONE, an_oauth_client
from tests.support.users import a_user

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.tokens.grant import IssuedToken

PERIOD = timedelta(days=7)
AUTH_TIME = START - timedelta(hours=1)
USER = a_user(ZONE)
GRANTS = (GrantType.JWT_BEARER, GrantType.REFRESH_TOKEN)
SOURCE_CLIENT = an_oauth_client(row_id=12, client_id="sb-front!t7", app_id="front!t7")
ELSEWHERE = an_oauth_client(row_id=13, zone=a_user().zone, client_id="sb-front!t1")


class Keys:
    """One key that has signed for a day, at a fixed time."""

    def load(self) -> Any:
        return START, [a_signing_key()]


RING = KeyRing(Keys(), 3600)


@dataclass
class Parts:
    """Everything around the grant; the assertion ``token`` is active."""

    claims: dict[str, Any] = field(default_factory=dict)
    owner: Client = SOURCE_CLIENT
    user: Any = USER
    source: int | None = None
    source_is_alive: bool = True
    settings: ClientSettings = field(default_factory=ClientSettings)
    rights: Rights = field(default_factory=lambda: Rights(("app!t7.read", "openid")))
    requested: str | None = None
    started: list[Any] = field(default_factory=list)

    @property
    def users(self) -> Parts:
        return self

    def of(self, what: Any, *more: Any) -> Any:
        if isinstance(what, str):
            return self._token(what)
        if more:
            *_, self.requested = more
            return self.rights
        return self.settings

    def _token(self, text: str) -> ActiveToken:
        if text != "token":
            raise TokenInvalid("forged")
        claims = {
            "scope": ["uaa.user"],
            "aud": [self.owner.client_id],
            "auth_time": int(AUTH_TIME.timestamp()),
            **self.claims,
        }
        return ActiveToken(claims, self.owner, self.user, self.source)

    def run(self, work: Any) -> Any:
        return work(self)

    read = run

    @property
    def refresh_tokens(self) -> Any:
        found = Source(None, START + PERIOD) if self.source_is_alive else None
        return SimpleNamespace(source=lambda _row_id: found)

    def new_family(self, client: Client) -> int | None:
        return 0x99 if GrantType.REFRESH_TOKEN in client.grant_types else None

    def start(self, *arguments: Any, row_id: int) -> Started | None:
        self.started.append(arguments)
        return Started("refresh", row_id) if self.source_is_alive else None


def no_foreign_assertions(*_: Any) -> Any:
    """Find no issuer of the assertion."""


def exchange(
    parts: Parts, client: Client | None = None, foreign: Any = None, **parameters: str
) -> IssuedToken:
    part: Any = parts
    grant = JwtBearer(
        part,
        part,
        part,
        UserTokens(RING, FixedDigestKeys(), ADDRESSES, 600, 5),
        part,
        part,
        PERIOD,
        frozenset({"sb-trusted!t7"}),
        foreign or no_foreign_assertions,
    )
    client = client or an_oauth_client(grant_types=GRANTS)
    authenticated = AuthenticatedClient(client, 5, CredentialType.BINDING_SECRET, "5.tag")
    return grant.issue(authenticated, {"assertion": "token", **parameters})


def refusal(
    parts: Parts, client: Client | None = None, foreign: Any = None, **parameters: str
) -> tuple[str, str, bool]:
    with pytest.raises(GrantRefused) as refused:
        exchange(parts, client, foreign, **parameters)
    return refused.value.code, str(refused.value), refused.value.is_unauthorized


def test_the_token_names_the_requesting_client_and_the_same_user() -> None:
    """I-118."""
    issued = exchange(Parts())
    claims = token_claims(issued.access_token)
    assert claims["cid"] == claims["azp"] == claims["client_id"] == "sb-app!t7"
    assert claims["user_id"] == USER.user_id
    assert claims["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert claims["auth_time"] == AUTH_TIME.timestamp()
    assert claims["scope"] == ["app!t7.read", "openid"]
    assert issued.id_token is not None
    assert issued.refresh_token == "refresh"
    assert claims["rev_sig"].endswith(".99")  # the new family is the source of what follows


def test_the_request_may_narrow_the_scopes_and_add_attributes() -> None:
    """M7, M8: what SAP's libraries send."""
    parts = Parts()
    attributes = '{"az_attr": {"a": "b"}}'
    issued = exchange(
        parts,
        scope="app!t7.read,openid",
        authorities=attributes,
        token_format="jwt",
        response_type="token",
    )
    assert parts.requested == "app!t7.read,openid"
    assert token_claims(issued.access_token)["az_attr"] == {"a": "b"}


def test_a_missing_assertion_is_named() -> None:
    """O-45."""
    assert refusal(Parts(), assertion="") == ("unauthorized", "Assertion is missing", True)


def test_a_long_assertion_is_not_read() -> None:
    text = "x" * (MAX_TOKEN_BYTES + 1)
    code, description, _ = refusal(Parts(), assertion=text)
    assert code == "invalid_request"
    assert str(MAX_TOKEN_BYTES) in description


def test_an_inactive_assertion_is_refused_without_the_reason() -> None:
    """O-46."""
    text = "Invalid assertion: Token was not recognised"
    assert refusal(Parts(), assertion="forged") == ("invalid_token", text, True)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (Parts(owner=ELSEWHERE), "Token was not recognised"),
        (Parts(user=None), "Unable to map issuer"),
        (Parts(claims={"scope": ["openid"]}), "needs scope uaa.user, or client sb-app!t7"),
        (
            Parts(claims={"auth_time": int((START - PERIOD).timestamp())}),
            "must log on again",
        ),
        (Parts(rights=Rights(("xs_user.write",))), "No scopes were granted"),
        (Parts(user=a_user(ZONE, is_active=False)), "not active"),
        (Parts(user=a_user(ZONE, provider_is_active=False)), "not active"),
    ],
    ids=["zone", "client token", "permission", "age", "scopes", "user", "provider"],
)
def test_refused_assertions(parts: Parts, text: str) -> None:
    code, description, is_unauthorized = refusal(parts)
    assert (code, is_unauthorized) == ("invalid_token", True)
    assert text in description
    assert parts.started == []


def test_the_clients_providers_restrict_its_users() -> None:
    """I-48."""
    code, _, is_unauthorized = refusal(Parts(settings=ClientSettings(allowed_providers=("ias",))))
    assert (code, is_unauthorized) == ("unauthorized", True)


@pytest.mark.parametrize(
    ("claims", "client"),
    [
        ({"scope": ["uaa.user"], "aud": []}, {}),
        ({"scope": [], "aud": ["app!t7"]}, {}),
        ({"scope": [], "aud": ["sb-app!t7"]}, {}),
        ({"scope": [], "aud": []}, {"client_id": "sb-front!t7"}),
        ({"scope": [], "aud": []}, {"client_id": "sb-trusted!t7"}),
    ],
    ids=["scope", "application", "client", "own token", "operator's setting"],
)
def test_who_may_exchange(claims: dict[str, Any], client: dict[str, Any]) -> None:
    """I-119."""
    requesting = an_oauth_client(grant_types=GRANTS, **client)
    assert exchange(Parts(claims=claims), requesting).access_token


def test_the_setting_concerns_its_clients_only() -> None:
    """D-44: never all clients."""
    parts = Parts(claims={"scope": [], "aud": []})
    code, _, _ = refusal(parts, an_oauth_client(grant_types=GRANTS, client_id="sb-trusted!t7x"))
    assert code == "invalid_token"


def test_administration_scopes_must_be_in_the_assertion() -> None:
    """D-44: the others are computed again for the requesting client."""
    rights = Rights(("app!t7.read", "xs_app!t7.read", "xs_user.read", "xs_user.write"))
    claims = {"scope": ["uaa.user", "xs_user.read"]}
    issued = exchange(Parts(claims=claims, rights=rights))
    assert issued.scopes == ("app!t7.read", "xs_app!t7.read", "xs_user.read")


def test_a_derived_refresh_token_depends_on_the_source() -> None:
    """D-44: its scopes are those of the exchanged token."""
    parts = Parts(source=77)
    exchange(parts)
    [(store, authenticated, logon, settings, scopes, grant_type, source)] = parts.started
    assert (store, settings, source) == (parts, parts.settings, 77)
    assert authenticated.client.client_id == "sb-app!t7"
    assert (logon.user, logon.auth_time, logon.amr) == (USER, AUTH_TIME, ("pwd",))
    assert (scopes, grant_type) == (("app!t7.read", "openid"), GrantType.JWT_BEARER)


def test_a_guests_logon_was_at_the_provider() -> None:
    """I-25."""
    parts = Parts(user=a_user(ZONE, origin="ias"))
    exchange(parts)
    assert parts.started[0][2].amr == ("ext", "oauth")


@pytest.mark.parametrize("grants", [GRANTS, (GrantType.JWT_BEARER,)], ids=["with", "without"])
def test_without_a_live_source_the_token_ends_with_the_assertion(grants: tuple[str, ...]) -> None:
    """D-44: otherwise exchanges would continue a logon that has ended."""
    ends_at = int(START.timestamp()) + 90
    parts = Parts(claims={"exp": ends_at}, source=0xAB, source_is_alive=False)
    issued = exchange(parts, an_oauth_client(grant_types=grants))
    assert issued.refresh_token is None
    claims = token_claims(issued.access_token)
    assert claims["rev_sig"].endswith(".ab")
    assert ends_at - 2 <= claims["exp"] <= ends_at


def test_a_client_without_refresh_tokens_carries_the_source_on() -> None:
    parts = Parts(source=0xAB)
    issued = exchange(parts, an_oauth_client(grant_types=(GrantType.JWT_BEARER,)))
    assert issued.refresh_token is None
    assert parts.started == []
    assert token_claims(issued.access_token)["rev_sig"].endswith(".ab")


FOREIGN_USER = a_user(ZONE, origin="corp")


def asserted(authenticated_at: datetime = AUTH_TIME, user: User = FOREIGN_USER) -> Any:
    """Return what accepts every assertion as an id token of a provider."""
    return lambda *_: SimpleNamespace(user=user, authenticated_at=authenticated_at)


def test_an_id_token_of_a_provider_gives_a_token_of_its_user() -> None:
    """I-120."""
    parts = Parts(rights=Rights(("app!t7.read", "openid")))
    issued = exchange(parts, foreign=asserted())
    claims = token_claims(issued.access_token)
    assert (claims["origin"], claims["auth_time"]) == ("corp", int(AUTH_TIME.timestamp()))
    assert issued.refresh_token == "refresh"
    assert parts.started[0][-1] is None


def test_an_id_token_of_a_provider_carries_no_administration_scopes() -> None:
    rights = Rights(("app!t7.read", "xs_user.read"))
    issued = exchange(Parts(rights=rights), foreign=asserted())
    assert issued.scopes == ("app!t7.read",)
    only = Parts(rights=Rights(("xs_user.read",)))
    assert refusal(only, foreign=asserted())[1] == "No scopes were granted"


def test_an_id_token_after_an_old_logon_is_refused() -> None:
    assert "too long ago" in refusal(Parts(), foreign=asserted(START - PERIOD))[1]


def test_an_id_token_of_a_provider_that_the_client_excludes_is_refused() -> None:
    settings = ClientSettings(allowed_providers=("sap.default",))
    assert refusal(Parts(settings=settings), foreign=asserted())[0] == "unauthorized"


def test_an_invalid_id_token_is_refused_without_its_reason() -> None:
    def invalid(*_: object) -> None:
        raise LogonInvalid("the signature")

    code, text, is_unauthorized = refusal(Parts(), foreign=invalid)
    assert (code, is_unauthorized) == ("invalid_token", True)
    assert "signature" not in text


def test_another_assertion_is_an_own_token() -> None:
    issued = exchange(Parts(), foreign=lambda *_: None)
    assert token_claims(issued.access_token)["origin"] == USER.origin
