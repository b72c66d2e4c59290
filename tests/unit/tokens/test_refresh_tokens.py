"""Families of refresh tokens: when they start and end (I-114)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.authentication.client import AuthenticatedClient
from broker.credentials.opaque import Opaque
from broker.descriptor.model import CredentialType, GrantType
from broker.errors import GrantRefused
from broker.identity.client_settings import ClientSettings
from broker.tokens.refresh_tokens import (
    GRACE,
    MAX_FAMILIES,
    RefreshFamily,
    RefreshToken,
    RefreshTokens,
    Source,
)
from broker.tokens.user_tokens import Logon
from tests.support.domain import FakeClock
from tests.support.instances import START, an_oauth_client
from tests.support.users import a_user

WEEK, HOUR = 7 * 24 * 3600, 3600
CLIENT = AuthenticatedClient(
    an_oauth_client(grant_types=("password", "refresh_token")),
    5,
    CredentialType.BINDING_SECRET,
    "5.tag",
)
USER = a_user()
LOGON = Logon(USER, START - timedelta(hours=1), ("pwd",), session_row_id=3)


class Store:
    """Families in memory."""

    def __init__(self) -> None:
        self.families: dict[str, RefreshFamily] = {}
        self.kept: list[int] = []
        self.sources = {
            8: Source(33, START + timedelta(minutes=5)),
            9: Source(33, START - timedelta(seconds=1)),
        }

    @property
    def refresh_tokens(self) -> Store:
        return self

    def find(self, value: Opaque) -> RefreshToken | None:
        family = self.families.get(str(value))
        return RefreshToken(1, family, 1) if family else None

    def is_current(self, authenticated: AuthenticatedClient) -> bool:
        return authenticated.credential_id == CLIENT.credential_id

    def source(self, row_id: int) -> Source | None:
        return self.sources.get(row_id)

    def add(self, family: RefreshFamily, value: Opaque) -> None:
        self.families[str(value)] = family

    def use(self, _token: RefreshToken, _now: object) -> bool:
        raise AssertionError("only a refresh and a revocation of a user do this")

    def replace(self, _token: RefreshToken, _value: Opaque, _now: object) -> Opaque | None:
        raise AssertionError("only a refresh and a revocation of a user do this")

    def is_newest(self, _family: RefreshFamily) -> bool:
        raise AssertionError("only a refresh and a revocation of a user do this")

    def end(self, family_row_id: int) -> bool:
        self.families = {
            text: each for text, each in self.families.items() if each.row_id != family_row_id
        }
        return True

    def end_of(self, _user_row_id: int, _client_row_id: int) -> int:
        raise AssertionError("only a refresh and a revocation of a user do this")

    def keep_newest(self, user_row_id: int, client_row_id: int, count: int) -> None:
        assert (user_row_id, client_row_id) == (USER.row_id, CLIENT.client.row_id)
        self.kept.append(count)


def start(
    settings: ClientSettings | None = None,
    client: AuthenticatedClient = CLIENT,
    grant_type: str = "password",
    source: int | None = None,
    store: Store | None = None,
) -> RefreshFamily | None:
    store = store or Store()
    started = RefreshTokens(FakeClock(START), WEEK, HOUR * 24).start(
        store, client, LOGON, settings or ClientSettings(), ("openid",), grant_type, source
    )
    if started is None:
        assert store.families == {}
        return None
    family = store.families[started.refresh_token]
    assert family.row_id == started.family_row_id
    return family


def test_a_revoked_credential_starts_nothing() -> None:
    """D-59: it may have been revoked since the client was authenticated."""
    store = Store()
    with pytest.raises(GrantRefused, match="credential has been revoked"):
        start(client=replace(CLIENT, credential_id=6), store=store)
    assert store.families == {}


def test_a_family_remembers_its_logon() -> None:
    family = start()
    assert family is not None
    assert family.logon == LOGON
    assert family.token_epoch == USER.token_epoch


def test_a_client_without_the_grant_receives_no_refresh_token() -> None:
    """I-110."""
    client = replace(CLIENT, client=an_oauth_client(grant_types=("password",)))
    assert start(client=client) is None


@pytest.mark.parametrize(
    ("descriptor", "zone", "expected"),
    [
        (None, None, WEEK),
        (HOUR, None, HOUR),
        (4 * WEEK, None, 4 * WEEK),
        (None, HOUR, HOUR),
        (HOUR, WEEK, HOUR),
        (4 * WEEK, WEEK, WEEK),
    ],
)
def test_the_end_is_absolute(descriptor: int | None, zone: int | None, expected: int) -> None:
    """D-43: the zone's policy is a maximum."""
    settings = ClientSettings(refresh_token_validity=descriptor, max_refresh_token_validity=zone)
    family = start(settings)
    assert family is not None
    assert family.expires_at == START + timedelta(seconds=expected)


def test_an_exchanged_token_ends_a_session_age_after_the_logon() -> None:
    """I-121: exchanges do not keep a logon alive."""
    family = start(grant_type=GrantType.JWT_BEARER)
    assert family is not None
    assert family.expires_at == LOGON.auth_time + timedelta(hours=24)


def test_a_derived_family_ends_with_its_source() -> None:
    """D-44: not later, and in the same session."""
    family = start(grant_type=GrantType.JWT_BEARER, source=8)
    assert family is not None
    assert family.expires_at == START + timedelta(minutes=5)
    assert (family.source_row_id, family.session_row_id) == (8, 33)


@pytest.mark.parametrize("source", [9, 10])
def test_an_ended_source_gives_no_refresh_token(source: int) -> None:
    assert start(grant_type=GrantType.JWT_BEARER, source=source) is None


def test_the_row_id_of_a_family_may_be_known_before() -> None:
    """The token that names it is signed before the transaction."""
    row_id = RefreshTokens.new_family(CLIENT.client)
    store = Store()
    started = RefreshTokens(FakeClock(START), WEEK, WEEK).start(
        store, CLIENT, LOGON, ClientSettings(), ("openid",), "password", row_id=row_id
    )
    assert started is not None
    assert started.family_row_id == row_id
    assert RefreshTokens.new_family(an_oauth_client()) is None


def test_families_of_a_user_at_a_client_are_limited() -> None:
    """I-115: to one, if the zone says so."""
    store = Store()
    start(store=store)
    only_one = ClientSettings(has_one_refresh_token=True)
    start(only_one, store=store)
    start(only_one, grant_type=GrantType.JWT_BEARER, source=8, store=store)
    assert store.kept == [MAX_FAMILIES - 1, 0, MAX_FAMILIES - 1]


def test_a_raised_epoch_or_a_lowered_maximum_ends_a_family() -> None:
    """I-09, D-43."""
    family = start()
    assert family is not None
    later = START + timedelta(hours=2)
    assert family.is_live(later, ClientSettings())
    assert not family.is_live(family.expires_at, ClientSettings())
    assert not family.is_live(later, ClientSettings(max_refresh_token_validity=HOUR))
    ended = replace(family, user=replace(USER, token_epoch=USER.token_epoch + 1))
    assert not ended.is_live(later, ClientSettings())


def test_a_replaced_token_is_reused_after_the_grace_only() -> None:
    """I-115."""
    family = start()
    assert family is not None
    token = RefreshToken(1, family, 1, replaced_at=START)
    assert not replace(token, replaced_at=None).is_reused(START + 2 * GRACE)
    assert not token.is_reused(START + GRACE)
    assert token.is_reused(START + GRACE + timedelta(seconds=1))


def test_a_client_revokes_its_own_refresh_tokens() -> None:
    """RFC 7009."""
    store = Store()
    assert start(store=store)
    [text] = store.families
    other = an_oauth_client(row_id=12, client_id="sb-other!t7")
    assert not RefreshTokens.revoke(store, other, text)
    assert not RefreshTokens.revoke(store, CLIENT.client, "x")
    assert not RefreshTokens.revoke(store, CLIENT.client, str(Opaque.new()))
    assert RefreshTokens.revoke(store, CLIENT.client, text)
    assert store.families == {}
