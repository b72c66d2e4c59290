"""Users of providers who change their names and addresses, on the real server (TH-09)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.hostile_provider import HostileProvider
from tests.support.platform import a_guid
from tests.support.provider_login import ProviderLogin

if TYPE_CHECKING:
    from tests.support.server import Server

ANNA = {"sub": "subject-a", "preferred_username": "anna", "email": "anna@example.org"}
BERTA = {"sub": "subject-b", "preferred_username": "berta", "email": "berta@example.org"}
MAPPINGS = {"user_name": "preferred_username", "email": "email"}


@pytest.fixture
def login(servers: Callable[[str], Server]) -> Iterator[ProviderLogin]:
    """A provider with names and addresses; see tests/unit for both kinds of database."""
    with HostileProvider() as provider:
        created = ProviderLogin.create(servers("sqlite"), provider)
        created.add_provider(attributeMappings=MAPPINGS)
        yield created


def state(login: ProviderLogin, claims: dict[str, Any]) -> None:
    """Have the provider state these claims, in id token and userinfo."""
    login.provider.claims = login.provider.userinfo = claims


def logged_on(login: ProviderLogin, claims: dict[str, Any]) -> tuple[str, str, str]:
    """Return id, name and address in the access token of a user with these claims."""
    state(login, claims)
    found = login.claims()
    assert found["origin"] == login.origin
    return found["user_id"], found["user_name"], found["email"]


def test_another_user_s_address_and_name_reach_no_row_of_it(login: ProviderLogin) -> None:
    """I-04."""
    anna, berta = logged_on(login, ANNA), logged_on(login, BERTA)
    assert anna[0] != berta[0]
    with_address = BERTA | {"email": ANNA["email"]}
    assert logged_on(login, with_address) == (berta[0], "berta", ANNA["email"])
    with_both = with_address | {"preferred_username": "ANNA"}
    assert logged_on(login, with_both) == (berta[0], "berta", ANNA["email"])
    state(login, with_both | {"sub": "subject-c"})
    refused = login.finish(login.browser())
    assert refused.status_code == 403
    assert "Location" not in refused.headers
    assert logged_on(login, ANNA) == anna
    assert sorted(login.users()) == ["anna", "berta"]


def test_a_second_provider_has_users_of_its_own(login: ProviderLogin) -> None:
    """I-05: with the same ``sub``, name and address."""
    anna = logged_on(login, ANNA)
    with HostileProvider() as provider:
        other = ProviderLogin(login.server, login.credentials, provider, f"other-{a_guid()[:8]}")
        other.add_provider(attributeMappings=MAPPINGS)
        assert logged_on(other, ANNA)[0] != anna[0]
    assert logged_on(login, ANNA) == anna
