"""The grants to users: which exist, and what each costs (I-143)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask

from broker.composition.user_grants import UserGrantParts, user_grants
from broker.descriptor.model import GrantType
from broker.identity.password_hash import hash_password
from broker.settings.environment import load_settings
from tests.support.domain import ADDRESSES
from tests.support.passwords import PASSWORD
from tests.support.statements import statements_of
from tests.support.user_tokens import UserTokenService
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.tokens.grant import Grant
    from tests.support.domain import Domain

MAX_READS = 4


class Logon:
    """A user's access token, and the grants of the same process."""

    def __init__(self, domain: Domain) -> None:
        settings, service = load_settings(), UserTokenService.of_domain(domain)
        parts = UserGrantParts.of(
            settings, domain.engine, domain.keys, ADDRESSES, service.ring, domain.transactions
        )
        offered = user_grants(
            settings, parts, service.introspection, domain.keys, lambda _: "192.0.2.1"
        )
        self.grants: Mapping[str, Grant] = {grant.grant_type: grant for grant in offered}
        domain.provision("i", {"xsappname": "app"})
        credentials = domain.bind("i", "b")
        self.client: AuthenticatedClient = service.client(credentials)
        self.domain, self.user = domain, stored_user(domain, self.client.client.zone)
        self.token = service.issue(credentials, self.user).access_token
        self.statements: list[str] = []

    def cost(self) -> tuple[int, int]:
        """Return how many reads preceded the transaction, and how many transactions there were."""
        begins = [each for each in self.statements if each.startswith("BEGIN")]
        reads = [each for each in self.statements if each.startswith("SELECT")]
        before = self.statements.index(begins[0]) if begins else len(self.statements)
        return len([each for each in reads if each in self.statements[:before]]), len(begins)


@pytest.fixture
def logon(on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logon]:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    logon = Logon(on_sqlite)
    with statements_of(on_sqlite.engine) as logon.statements:
        yield logon


def test_an_exchange_and_a_refresh_read_at_most_four_times_and_write_once(logon: Logon) -> None:
    grant = logon.grants[GrantType.JWT_BEARER]
    issued = grant.issue(logon.client, {"assertion": logon.token})
    reads, transactions = logon.cost()
    assert reads <= MAX_READS
    assert transactions == 1
    logon.statements.clear()
    refreshed = logon.grants[GrantType.REFRESH_TOKEN].issue(
        logon.client, {"refresh_token": issued.refresh_token or ""}
    )
    assert refreshed.refresh_token == issued.refresh_token
    reads, transactions = logon.cost()
    assert reads <= MAX_READS
    assert transactions == 1


def test_a_logon_counts_before_the_hash_and_completes_in_one_transaction(logon: Logon) -> None:
    """D-41: a guess counts although it is not checked yet; the rest is one transaction."""
    phc = hash_password(PASSWORD)
    logon.domain.transactions.run(
        lambda store: store.passwords.put(logon.user, phc, NOW, change_required=False)
    )
    logon.statements.clear()
    form = {"username": logon.user.name, "password": PASSWORD}
    with Flask("test").test_request_context():
        logon.grants[GrantType.PASSWORD].issue(logon.client, form)
    reads, transactions = logon.cost()
    assert reads <= 1
    assert transactions == 2


def test_the_deprecated_grants_do_not_exist(logon: Logon) -> None:
    """I-123, I-124."""
    assert GrantType.USER_TOKEN not in logon.grants
    assert GrantType.SAML2_BEARER not in logon.grants
