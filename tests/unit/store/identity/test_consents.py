"""Consents on both databases (I-99)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.errors import GrantRefused
from tests.support.user_grants import UserGrants
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain


@pytest.fixture
def grants(domain: Domain) -> UserGrants:
    return UserGrants(domain)


def test_a_consent_grows_by_scopes(grants: UserGrants) -> None:
    user, client, now = grants.user, grants.client.client, grants.domain.clock.now()
    later, run = now + timedelta(hours=1), grants.domain.transactions.run
    run(lambda store: store.consents.grant(user, client.row_id, {"b", "a"}, now))
    run(lambda store: store.consents.grant(user, client.row_id, {"b", "c"}, later))
    assert run(lambda store: store.consents.granted(user, client.row_id)) == {"a", "b", "c"}
    (consent,) = run(lambda store: store.consents.of_user(user))
    assert consent.scopes == ("a", "b", "c")
    assert consent.app_id == client.app_id
    assert consent.granted_at == later


def test_consents_belong_to_user_and_client(grants: UserGrants) -> None:
    user, client, now = grants.user, grants.client.client, grants.domain.clock.now()
    other_user = stored_user(grants.domain, user.zone, "bert")
    other_client = grants.another_client("other").client
    run = grants.domain.transactions.run
    run(lambda store: store.consents.grant(user, client.row_id, {"a"}, now))
    run(lambda store: store.consents.grant(user, other_client.row_id, {"a"}, now))
    assert run(lambda store: store.consents.granted(other_user, client.row_id)) == frozenset()
    assert run(lambda store: store.consents.of_user(other_user)) == []
    assert run(lambda store: store.consents.withdraw(other_user, client.row_id)) is None
    assert run(lambda store: store.consents.withdraw(user, client.row_id)) == client.app_id
    assert run(lambda store: store.consents.granted(user, client.row_id)) == frozenset()
    assert run(lambda store: store.consents.granted(user, other_client.row_id)) == {"a"}


def test_withdrawal_ends_codes_and_refresh_tokens_of_the_application(grants: UserGrants) -> None:
    user, client, now = grants.user, grants.client.client, grants.domain.clock.now()
    run = grants.domain.transactions.run
    run(lambda store: store.consents.grant(user, client.row_id, {"a"}, now))
    refresh_token, code = grants.started().refresh_token, grants.code()
    assert grants.refresh(refresh_token).refresh_token
    run(lambda store: store.consents.withdraw(user, client.row_id))
    with pytest.raises(GrantRefused):
        grants.refresh(refresh_token)
    with pytest.raises(GrantRefused):
        grants.exchange(code)
