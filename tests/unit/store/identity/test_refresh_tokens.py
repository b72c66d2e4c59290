"""Refresh tokens on both databases (D-43, D-52, I-114, I-115)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from broker.credentials.opaque import Opaque
from broker.store.identity import refresh_tokens as module
from broker.store.tables.core import client as client_table
from broker.store.tables.identity import shadow_user
from broker.store.tables.user_grants import authorization_code, refresh_family, refresh_token
from tests.support.user_grants import WEEK, UserGrants
from tests.support.users import stored_user

if TYPE_CHECKING:
    from sqlalchemy import Delete, Insert, Update

    from broker.tokens.refresh_tokens import RefreshToken
    from tests.support.domain import Domain


@pytest.fixture
def grants(domain: Domain) -> UserGrants:
    return UserGrants(domain)


def find(grants: UserGrants, text: str) -> RefreshToken | None:
    value = Opaque.parse(text)
    assert value is not None
    return grants.domain.transactions.read(lambda store: store.refresh_tokens.find(value))


def found(grants: UserGrants, text: str) -> RefreshToken:
    token = find(grants, text)
    assert token is not None
    return token


def execute(grants: UserGrants, statement: Delete | Insert | Update) -> None:
    with grants.domain.engine.begin() as connection:
        connection.execute(statement)


def families(grants: UserGrants) -> set[int]:
    with grants.domain.engine.connect() as connection:
        return set(connection.execute(select(refresh_family.c.id)).scalars())


def test_a_token_is_found_with_its_family_and_user(grants: UserGrants) -> None:
    """I-114: what the row remembers."""
    started = grants.started()
    family = found(grants, started.refresh_token).family
    assert family.row_id == started.family_row_id
    assert (family.user, family.logon) == (grants.user, grants.logon())
    assert (family.client_row_id, family.client_id) == (
        grants.client.client.row_id,
        grants.client.client.client_id,
    )
    assert (family.scopes, family.grant_type) == (grants.scopes, "password")
    assert family.credential_row_id == grants.client.credential_id
    assert family.expires_at - family.created_at == timedelta(seconds=WEEK)


def test_the_database_contains_no_token(grants: UserGrants) -> None:
    text = grants.started().refresh_token
    with grants.domain.engine.connect() as connection:
        row = connection.execute(select(refresh_token)).one()
    assert text.partition(".")[2] not in str(row)


def test_a_wrong_secret_is_unknown(grants: UserGrants) -> None:
    lookup = grants.started().refresh_token.partition(".")[0]
    assert find(grants, f"{lookup}.{Opaque.new().secret}") is None
    assert find(grants, str(Opaque.new())) is None


def test_a_token_moved_to_another_family_is_unknown(grants: UserGrants) -> None:
    """D-52: a database writer gains no other user's grant."""
    mine = grants.started()
    other = stored_user(grants.domain, grants.user.zone, "other")
    theirs = grants.started(logon=grants.logon(other))
    moved = update(refresh_token).where(refresh_token.c.family_row_id == mine.family_row_id)
    execute(grants, moved.values(family_row_id=theirs.family_row_id))
    assert find(grants, mine.refresh_token) is None


@pytest.mark.parametrize("column", ["user_row_id", "client_row_id"])
def test_a_family_moved_to_another_owner_is_unknown(grants: UserGrants, column: str) -> None:
    """D-52: the user, and the client."""
    mine = grants.started()
    owners = {
        "user_row_id": stored_user(grants.domain, grants.user.zone, "other").row_id,
        "client_row_id": grants.another_client("other").client.row_id,
    }
    execute(grants, update(refresh_family).values({column: owners[column]}))
    assert find(grants, mine.refresh_token) is None


def test_a_successor_is_stored_once(grants: UserGrants) -> None:
    """I-115: every request with the predecessor receives the same successor."""
    text = grants.started().refresh_token
    token, now = found(grants, text), grants.domain.clock.now()
    value = Opaque.parse(text)
    assert value is not None
    run, later = grants.domain.transactions.run, now + timedelta(seconds=30)
    first = run(lambda store: store.refresh_tokens.replace(token, value, now))
    assert first == run(lambda store: store.refresh_tokens.replace(token, value, later)) != value
    successor = found(grants, str(first))
    assert successor.family == token.family
    assert (found(grants, text).replaced_at, successor.replaced_at) == (now, None)


def test_a_family_keeps_a_limited_number_of_tokens(
    grants: UserGrants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rotation adds one at each refresh."""
    monkeypatch.setattr(module, "MAX_TOKENS", 3)
    texts = [grants.started().refresh_token]
    for _ in range(5):
        grants.domain.clock.advance(seconds=1)
        token, value = found(grants, texts[-1]), Opaque.parse(texts[-1])
        assert value is not None
        successor = grants.domain.transactions.run(
            lambda store, token=token, value=value: store.refresh_tokens.replace(  # type: ignore[misc]
                token, value, grants.domain.clock.now()
            )
        )
        texts.append(str(successor))
    assert [find(grants, text) is not None for text in texts] == [False] * 3 + [True] * 3


def test_a_credential_is_current_until_its_tokens_are_revoked(grants: UserGrants) -> None:
    """D-59: what a request starts that was authenticated before a revocation."""
    authenticated, transactions = grants.client, grants.domain.transactions

    def is_current() -> bool:
        return transactions.run(lambda store: store.refresh_tokens.is_current(authenticated))

    assert is_current()
    transactions.run(lambda store: store.issued_tokens.revoke_all(authenticated.client))
    assert not is_current()
    grants.domain.unbind("app", "app-binding")
    assert not is_current()


def test_an_ended_family_is_not_used(grants: UserGrants) -> None:
    text = grants.started().refresh_token
    token, now = found(grants, text), grants.domain.clock.now()
    value = Opaque.parse(text)
    assert value is not None
    transactions = grants.domain.transactions
    assert transactions.run(lambda store: store.refresh_tokens.end(token.family.row_id))
    assert not transactions.run(lambda store: store.refresh_tokens.end(token.family.row_id))
    assert not transactions.run(lambda store: store.refresh_tokens.use(token, now))
    assert transactions.run(lambda store: store.refresh_tokens.replace(token, value, now)) is None


def test_derived_families_end_with_their_source(grants: UserGrants) -> None:
    """D-44: also those that derive from derived ones."""
    first = grants.started()
    second = grants.started(grant_type="jwt-bearer", source=first.family_row_id)
    third = grants.started(grant_type="jwt-bearer", source=second.family_row_id)
    other = grants.started()
    transactions = grants.domain.transactions
    assert transactions.run(lambda store: store.refresh_tokens.end(second.family_row_id))
    assert find(grants, third.refresh_token) is None
    assert families(grants) == {first.family_row_id, other.family_row_id}


def test_a_derived_family_ends_with_the_client_of_its_source(grants: UserGrants) -> None:
    """D-59: the deletion of a client removes its families only, but no other works on."""
    source = grants.started()
    other = grants.another_client("other")
    derived = grants.started(other, grant_type="jwt-bearer", source=source.family_row_id)
    assert find(grants, derived.refresh_token) is not None
    removed = delete(refresh_family).where(refresh_family.c.id == source.family_row_id)
    execute(grants, removed)
    assert find(grants, derived.refresh_token) is None


def test_families_of_a_user_at_a_client_end_together(grants: UserGrants) -> None:
    other = grants.another_client("other")
    grants.started()
    grants.started()
    kept = {
        grants.started(other).family_row_id,
        grants.started(
            logon=grants.logon(stored_user(grants.domain, grants.user.zone, "other"))
        ).family_row_id,
    }
    ended = grants.domain.transactions.run(
        lambda store: store.refresh_tokens.end_of(grants.user.row_id, grants.client.client.row_id)
    )
    assert ended == 2
    assert families(grants) == kept


def test_the_last_used_families_are_kept(grants: UserGrants) -> None:
    texts = []
    for _ in range(3):
        texts.append(grants.started().refresh_token)
        grants.domain.clock.advance(seconds=1)
    transactions = grants.domain.transactions
    first, now = found(grants, texts[0]), grants.domain.clock.now()
    transactions.run(lambda store: store.refresh_tokens.use(first, now))
    transactions.run(
        lambda store: store.refresh_tokens.keep_newest(
            grants.user.row_id, grants.client.client.row_id, 2
        )
    )
    assert [find(grants, text) is not None for text in texts] == [True, False, True]


def test_families_of_exchanges_end_before_others(grants: UserGrants) -> None:
    first = grants.started()
    grants.domain.clock.advance(seconds=1)
    derived = grants.started(grant_type="jwt-bearer", source=first.family_row_id)
    grants.domain.transactions.run(
        lambda store: store.refresh_tokens.keep_newest(
            grants.user.row_id, grants.client.client.row_id, 1
        )
    )
    assert find(grants, first.refresh_token) is not None
    assert find(grants, derived.refresh_token) is None


def test_the_newest_family_of_a_user_at_a_client(grants: UserGrants) -> None:
    older = found(grants, grants.started().refresh_token).family
    grants.domain.clock.advance(seconds=1)
    newer = found(grants, grants.started().refresh_token).family
    read = grants.domain.transactions.read
    assert not read(lambda store: store.refresh_tokens.is_newest(older))
    assert read(lambda store: store.refresh_tokens.is_newest(newer))


def test_families_end_with_user_and_client(grants: UserGrants) -> None:
    """D-59, I-10: deletion removes the rows."""
    grants.started()
    execute(grants, delete(shadow_user))
    assert families(grants) == set()
    user = stored_user(grants.domain, grants.client.client.zone)
    grants.started(logon=grants.logon(user))
    grants.code(user=user)
    grants.domain.unbind("app", "app-binding")
    grants.domain.deprovision("app")
    with grants.domain.engine.connect() as connection:
        assert (
            connection.execute(
                select(client_table.c.id).where(client_table.c.service_instance_guid != "")
            ).first()
            is None
        )
        assert connection.execute(select(authorization_code.c.id)).first() is None
    assert families(grants) == set()
