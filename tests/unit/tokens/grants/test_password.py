"""The password grant (I-105, I-116, I-117); over HTTP in tests/edge/test_password_grant.py."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from broker.authentication.client import AuthenticatedClient
from broker.authentication.passwords.check import PasswordCheck
from broker.authentication.passwords.passcode import Passcodes
from broker.authorization.rights import Rights
from broker.descriptor.model import CredentialType
from broker.errors import GrantRefused
from broker.identity.client_settings import ClientSettings
from broker.store.identity.users import StoredUsers
from broker.tokens.grants.password import PasswordGrant
from broker.tokens.signing import KeyRing
from broker.tokens.user_tokens import UserTokens
from tests.support.application import token_claims
from tests.support.domain import ADDRESSES, a_signing_key
from tests.support.instances import START
from tests.support.passwords import PASSWORD, FastHashing, set_fast_password
from tests.support.users import NOW, stored_provider, stored_user, zone_of

if TYPE_CHECKING:
    from broker.tokens.grant import IssuedToken
    from tests.support.domain import Domain


class SigningKeys:
    def load(self) -> Any:
        return START, [a_signing_key()]


class Family(NamedTuple):
    refresh_token: str
    family_row_id: int


@dataclass
class Grants:
    """Implements what the grant needs of other modules, and runs it."""

    domain: Domain
    settings: ClientSettings = ClientSettings()  # noqa: RUF009 - frozen
    refuses: str = ""
    has_refresh_tokens: bool = True
    limit: str = ""

    def __post_init__(self) -> None:
        domain = self.domain
        zone = zone_of(domain)
        self.anna = stored_user(domain, zone)
        set_fast_password(domain, self.anna)
        self.client = AuthenticatedClient(
            domain.instance("org").client, 5, CredentialType.BINDING_SECRET, "5.tag", None
        )
        ring = KeyRing(SigningKeys(), 3600)
        self.passcodes = Passcodes(domain.transactions, domain.keys)
        self.grant = PasswordGrant(
            domain.transactions,
            settings=self,
            check=PasswordCheck(domain.transactions, domain.keys, FastHashing()),  # type: ignore[arg-type]
            passcodes=self.passcodes,
            rights=self,
            tokens=UserTokens(ring, domain.keys, ADDRESSES, 600, 5),
            refresh_tokens=self,  # type: ignore[arg-type]
            clock=domain.clock,
            address_of_request=lambda: "192.0.2.1",
        )

    def new_family(self, _client: object) -> int | None:
        return 9 if self.has_refresh_tokens else None

    def start(self, *_: object, row_id: int | None) -> Family | None:
        return None if row_id is None else Family("refresh", row_id)

    def of(self, *arguments: Any) -> Any:
        if len(arguments) == 1:
            return self.settings
        if arguments[3] == self.refuses != "":
            raise GrantRefused("invalid_scope", "refused")
        return Rights(("openid",))

    def issue(self, password: str = PASSWORD, **parameters: str) -> IssuedToken:
        form = {"username": "anna", "password": password, **parameters}
        return self.grant.issue(self.client, form)

    def refusal(self, password: str = PASSWORD, **parameters: str) -> tuple[str, str, bool]:
        with pytest.raises(GrantRefused) as found:
            self.issue(password, **parameters)
        return found.value.code, str(found.value), found.value.is_unauthorized

    def logged_on(self) -> bool:
        user = StoredUsers(self.domain.engine).find(self.anna.user_id)
        return user is not None and user.last_logon_at is not None

    def counters(self) -> int:
        with self.domain.engine.connect() as connection:
            query = "SELECT COALESCE(SUM(failures), 0) FROM throttle_counter"
            return int(connection.exec_driver_sql(query).scalar_one())


@pytest.fixture
def grants(on_sqlite: Domain) -> Grants:
    return Grants(on_sqlite)


def test_a_token_depends_on_the_refresh_family(grants: Grants) -> None:
    token = grants.issue()
    claims = token_claims(token.access_token)
    assert claims["rev_sig"].endswith(".9")
    assert claims["grant_type"] == "password"
    assert claims["auth_time"] == claims["iat"]
    assert token.refresh_token == "refresh"
    assert grants.logged_on()
    grants.has_refresh_tokens = False
    assert grants.issue().refresh_token is None


def test_a_refusal_after_the_right_password_is_no_failure(grants: Grants) -> None:
    grants.refuses = "other"
    assert grants.refusal(scope="other") == ("invalid_scope", "refused", False)
    grants.settings = ClientSettings(allowed_providers=("sap.default",))
    set_fast_password(grants.domain, grants.anna, change_required=True)
    assert grants.refusal() == ("invalid_client", "password change required", True)
    assert not grants.logged_on()
    assert grants.counters() == 0
    assert grants.refusal(password="wrong") == ("invalid_client", "Bad credentials", True)
    assert grants.counters() > 0


def test_a_failed_transaction_gives_nothing(
    grants: Grants, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Family:
        raise GrantRefused("invalid_request", "too large")

    monkeypatch.setattr(grants, "start", fail)
    text = grants.passcodes.create(grants.anna, NOW, ("ext",))
    assert grants.refusal(passcode=text)[1] == "too large"
    assert grants.refusal()[1] == "too large"
    assert not grants.logged_on()
    monkeypatch.undo()
    claims = token_claims(grants.issue(passcode=text).access_token)
    assert claims["auth_time"] == claims["iat"]
    assert grants.refusal(passcode=text) == ("invalid_client", "Invalid passcode", True)


@pytest.mark.parametrize("by", ["end", "deletion"])
def test_no_token_for_a_user_who_ended_during_the_hash(grants: Grants, by: str) -> None:
    """I-09, D-59: deactivated, deleted, or with another password."""
    run = grants.domain.transactions.run

    def end() -> None:
        if by == "end":
            run(lambda store: store.users.end_all(grants.anna, NOW))
        else:
            run(lambda store: store.users.remove(grants.anna))

    class SlowHashing(FastHashing):
        def verify(self, phc: str, password: str, *, is_first: bool = False) -> bool:
            is_right = super().verify(phc, password, is_first=is_first)
            end()
            return is_right

    grants.grant = replace(
        grants.grant,
        check=replace(grants.grant.check, hashing=SlowHashing()),  # type: ignore[arg-type]
    )
    assert grants.refusal() == ("invalid_client", "Bad credentials", True)


UNSUPPORTED = "The origin provided in the login_hint does not match"
OTHER = "Client is not authorized for specified user's identity provider."


@pytest.mark.parametrize(
    ("allowed", "default", "hint", "text"),
    [
        (None, None, None, ""),
        (None, None, "sap.default", ""),
        (None, "corporate", "uaa", ""),
        (None, "ldap", None, ""),
        (("sap.default", "corporate"), None, None, ""),
        (None, "corporate", None, UNSUPPORTED),
        (None, None, "corporate", UNSUPPORTED),
        (("corporate",), None, "corporate", UNSUPPORTED),
        (("corporate",), None, "other", OTHER),
        (("corporate",), None, "sap.default", OTHER),
        (("corporate",), None, None, OTHER),
        (("a", "b"), None, None, "The client is authorized for multiple identity providers"),
        ((), None, None, "Client is not authorized for any identity providers."),
    ],
)
def test_only_the_local_store_accepts_passwords(
    grants: Grants, allowed: Any, default: str | None, hint: str | None, text: str
) -> None:
    """I-49, I-116, I-117: a hint never selects another provider."""
    grants.settings = replace(grants.settings, allowed_providers=allowed, default_idp=default)
    more = {} if hint is None else {"login_hint": f'{{"origin":"{hint}"}}'}
    if not text:
        assert grants.issue(**more).access_token
        return
    code, found, is_unauthorized = grants.refusal(**more)
    assert (code, is_unauthorized) == ("unauthorized", True)
    assert found.startswith(text)


def test_users_of_one_name_stay_apart(grants: Grants) -> None:
    """I-05: a local user and a user of a provider, by password, passcode and ``defaultIdp``."""
    zone = grants.anna.zone
    guest = stored_user(grants.domain, zone, origin="corporate")
    stored_provider(grants.domain, zone, "corporate")

    def subject(issued: IssuedToken) -> tuple[str, str, str]:
        claims = token_claims(issued.access_token)
        return claims["sub"], claims["origin"], claims["user_name"]

    anna = grants.anna.user_id, "sap.default", "anna"
    assert subject(grants.issue()) == anna
    for user in (guest, grants.anna):
        text = grants.passcodes.create(user, NOW, ("pwd",))
        issued = grants.grant.issue(grants.client, {"passcode": text})
        assert subject(issued) == (user.user_id, user.origin, "anna")
    grants.settings = replace(grants.settings, default_idp="corporate")
    code, found, _ = grants.refusal()
    assert (code, found.startswith(UNSUPPORTED)) == ("unauthorized", True)
    assert subject(grants.issue(login_hint='{"origin":"sap.default"}')) == anna


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_an_inactive_local_store_confirms_no_password(grants: Grants, password: str) -> None:
    """I-45: the right password and a wrong one are refused alike."""
    grants.settings = replace(grants.settings, has_local_logon=False)
    code, found, is_unauthorized = grants.refusal(password)
    assert (code, is_unauthorized) == ("unauthorized", True)
    assert found.startswith(UNSUPPORTED)
    assert grants.counters() == 0


@pytest.mark.parametrize("hint", ["x", "[]", "{}", '{"origin":1}', "[" * 1000, "é" * 2000])
def test_unreadable_hints_are_refused(grants: Grants, hint: str) -> None:
    assert grants.refusal(login_hint=hint)[0] == "invalid_request"


def test_a_passcode_serves_users_of_every_origin(grants: Grants) -> None:
    """I-105; the provider must be active (I-45)."""
    external = stored_user(grants.domain, grants.anna.zone, "bert", origin="corporate")
    text = grants.passcodes.create(external, NOW, ("ext", "oauth"))
    assert grants.refusal(passcode=text)[2]
    text = grants.passcodes.create(grants.anna, NOW, ("pwd",))
    assert grants.grant.issue(grants.client, {"passcode": text}).refresh_token == "refresh"
