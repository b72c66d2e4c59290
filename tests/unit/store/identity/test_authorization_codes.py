"""Authorization codes on both databases (D-43, D-52, I-110, I-111)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from broker.credentials.opaque import Opaque
from broker.store.tables.user_grants import authorization_code
from broker.tokens.authorization_code import CODE_VALIDITY, USED_CODE_KEPT, Given
from tests.support.user_grants import UserGrants
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.tokens.authorization_code import AuthorizationCode
    from tests.support.domain import Domain

GIVEN = Given("0" * 32, 7)


@pytest.fixture
def grants(domain: Domain) -> UserGrants:
    return UserGrants(domain)


def find(grants: UserGrants, text: str) -> AuthorizationCode | None:
    value = Opaque.parse(text)
    assert value is not None
    return grants.domain.transactions.read(lambda store: store.authorization_codes.find(value))


def found(grants: UserGrants, text: str) -> AuthorizationCode:
    code = find(grants, text)
    assert code is not None
    return code


def row(grants: UserGrants) -> Any:
    with grants.domain.engine.connect() as connection:
        return connection.execute(select(authorization_code)).one()


def test_a_code_is_found_with_its_logon(grants: UserGrants) -> None:
    challenge = "c" * 43
    text = grants.code(redirect_uri="https://app/cb?x=1", code_challenge=challenge, nonce="n")
    code = found(grants, text)
    assert (code.user, code.logon, code.scopes) == (grants.user, grants.logon(), grants.scopes)
    assert (code.redirect_uri, code.code_challenge, code.nonce) == (
        "https://app/cb?x=1",
        challenge,
        "n",
    )
    assert (code.client_row_id, code.used_at) == (grants.client.client.row_id, None)
    stored = row(grants)
    assert text.partition(".")[2] not in str(stored)
    assert stored.expires_at == grants.domain.clock.now() + CODE_VALIDITY


def test_other_codes_are_unknown(grants: UserGrants) -> None:
    lookup = grants.code().partition(".")[0]
    assert find(grants, f"{lookup}.{Opaque.new().secret}") is None
    assert find(grants, str(Opaque.new())) is None


@pytest.mark.parametrize("column", ["user_row_id", "client_row_id"])
def test_a_code_moved_to_another_owner_is_unknown(grants: UserGrants, column: str) -> None:
    """D-52."""
    text = grants.code()
    owners = {
        "user_row_id": stored_user(grants.domain, grants.user.zone, "other").row_id,
        "client_row_id": grants.another_client("other").client.row_id,
    }
    with grants.domain.engine.begin() as connection:
        connection.execute(update(authorization_code).values({column: owners[column]}))
    assert find(grants, text) is None


def test_a_code_is_taken_once(grants: UserGrants) -> None:
    """I-111: what it gave is kept for ten minutes, and handed out once."""
    code = found(grants, text := grants.code())
    now = grants.domain.clock.now() + timedelta(minutes=1)
    run = grants.domain.transactions.run
    assert run(lambda store: store.authorization_codes.take_back(code)) is None
    assert run(lambda store: store.authorization_codes.take(code, GIVEN, now))
    assert not run(lambda store: store.authorization_codes.take(code, Given("1", 1), now))
    assert found(grants, text).used_at == now
    assert row(grants).expires_at == now + USED_CODE_KEPT
    assert run(lambda store: store.authorization_codes.take_back(code)) == GIVEN
    assert run(lambda store: store.authorization_codes.take_back(code)) is None


def test_codes_of_a_user_at_a_client_end_together(grants: UserGrants) -> None:
    other = grants.another_client("other")
    texts = [grants.code(), grants.code(client=other)]
    user, client = grants.user.row_id, grants.client.client.row_id
    run = grants.domain.transactions.run
    assert run(lambda store: store.authorization_codes.end_of(user, client)) == 1
    assert [find(grants, text) is not None for text in texts] == [False, True]
