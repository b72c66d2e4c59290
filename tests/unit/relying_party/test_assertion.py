"""Id tokens of providers as assertions (I-120, TH-10, TH-24)."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import LogonInvalid
from broker.identity.providers.provider import OIDC, Provider
from broker.ids import new_row_id
from broker.relying_party.assertion import ForeignAssertions
from broker.relying_party.network.slots import RequestSlots
from broker.relying_party.provider_state import ProviderState
from tests.support.hostile_provider import unsigned
from tests.support.users import NOW

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.relying_party.network.connection import Budget
    from tests.support.domain import Domain

ISSUER = "https://login.example.org"


class Logon:
    """The logon at a provider that accepts every signature."""

    def __init__(self, domain: Domain) -> None:
        self.clock = domain.clock
        self.zone = domain.provision("i").instance.client.zone
        document = {"issuer": ISSUER, "relyingPartyId": "broker"}
        provider = Provider(
            new_row_id(), self.zone, "corp", OIDC, "corp", NOW, NOW, configuration=document
        )
        domain.transactions.run(lambda store: store.providers.add(provider, None))
        self.state = ProviderState(provider, None, has_users=False)
        self.addresses = SimpleNamespace(token_url=lambda _: "own")
        self.discovery = SimpleNamespace(of=self._endpoints)
        self.budgets: list[Budget] = []
        self.stated: dict[str, Any] = {}
        part: Any = self
        self.slots = RequestSlots(1, 0)
        self.assertions = ForeignAssertions(
            part, domain.transactions, timedelta(minutes=10), self.slots
        )

    def exchange(self, signature: str = "AA", **claims: Any) -> User:
        self.stated = {"iss": ISSUER, "sub": "s", "preferred_username": "anna", **claims}
        found = self.assertions(self.zone, unsigned({"alg": "ES256"}, self.stated, signature))
        assert found is not None
        return found.user

    def active_with_issuer(self, *_: object) -> ProviderState:
        return self.state

    def claims(self, *_: object) -> dict[str, Any]:
        return self.stated

    def _endpoints(self, _: object, budget: Budget, **__: object) -> object:
        self.budgets.append(budget)
        return SimpleNamespace(issuer=ISSUER)


@pytest.fixture
def logon(on_sqlite: Domain) -> Logon:
    return Logon(on_sqlite)


IAT = int(NOW.timestamp())


def test_an_assertion_is_accepted_once_with_and_without_an_id(logon: Logon) -> None:
    logon.exchange(iat=IAT - 1)
    for signature in ("AA", "BBBB"):
        with pytest.raises(LogonInvalid) as refused:
            logon.exchange(signature, iat=IAT - 1)
        assert "used" in refused.value.reason
    logon.exchange(iat=IAT - 2)
    logon.exchange(iat=IAT, jti="one")
    with pytest.raises(LogonInvalid) as refused:
        logon.exchange(iat=IAT - 3, jti="one")
    assert "used" in refused.value.reason


def test_requests_are_of_the_zone_and_have_slots_of_their_own(logon: Logon) -> None:
    logon.exchange(iat=IAT)
    [budget] = logon.budgets
    assert (budget.owner, budget.slots) == (logon.zone.guid, logon.slots)


def test_only_a_newer_token_with_groups_changes_them(logon: Logon) -> None:
    """I-43, TH-24."""
    logon.exchange(iat=IAT - 60, groups=["viewers"])
    unchanged = [
        logon.exchange(iat=IAT - 300, groups=["admins"]),
        logon.exchange(iat=IAT - 30),
        logon.exchange(iat=IAT - 20, _claim_names={"groups": "src"}),
    ]
    for user in unchanged:
        assert user.snapshot is not None
        assert user.snapshot.groups == ("viewers",)
    changed = logon.exchange(iat=IAT - 10, groups=[]).snapshot
    assert changed is not None
    assert changed.groups == ()
