"""The owners of sealed values as read for all rows are those that repositories seal for (D-52)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from broker.authentication.session import Sessions
from broker.errors import IntegrityViolated
from broker.identity.providers.provider import OIDC, Provider
from broker.ids import new_row_id
from broker.store.sealing.owned_columns import sealed_columns
from broker.store.sealing.owner_checks import owner_problems
from broker.store.sealing.sealed_values import SealedValues
from broker.store.tables.identity import identity_provider
from tests.support.swapped_owners import unbind
from tests.support.user_grants import UserGrants
from tests.support.users import NOW

if TYPE_CHECKING:
    from tests.support.domain import Domain

SHARED = {"signing_key", "certificate_authority"}
"""Keys of the whole installation: they have no owner whom another row could replace."""


def with_each_value(domain: Domain) -> Provider:
    """Write a value of each sealed column of users; return the provider."""
    grants = UserGrants(domain)
    user, zone = grants.user, grants.user.zone
    provider = Provider(new_row_id(), zone, "corp", OIDC, "corp", NOW, NOW)
    provider = replace(provider, configuration={"issuer": "https://corp.example", "b": [1]})
    sessions = Sessions(domain.transactions, domain.clock)

    def work(store: object) -> None:
        store.providers.add(provider, "client-secret")  # type: ignore[attr-defined]
        store.passwords.put(user, "hash", NOW, change_required=False)  # type: ignore[attr-defined]
        sessions.begin(store, user, ("ext",), id_token="a.b.c")  # type: ignore[arg-type]

    domain.transactions.run(work)
    return provider


def test_columns_without_an_owner_belong_to_the_whole_installation() -> None:
    without = {each.table.name for each in sealed_columns() if " JOIN " not in str(each.query)}
    assert without == SHARED


@pytest.mark.parametrize("is_bound", [True, False])
def test_every_value_opens_for_the_owner_of_its_row(on_sqlite: Domain, *, is_bound: bool) -> None:
    if not is_bound:
        unbind(on_sqlite)
    with_each_value(on_sqlite)
    values = SealedValues(on_sqlite.engine)
    found = {column.table.name for column, _ in values.envelopes()}
    assert found >= {"identity_provider", "user_password", "user_session"}
    assert [each.problem for each in owner_problems(values, on_sqlite.keys)] == []


def test_a_client_secret_is_bound_to_where_it_is_sent(on_sqlite: Domain) -> None:
    """An exchanged configuration would send it elsewhere."""
    provider = with_each_value(on_sqlite)
    run = on_sqlite.transactions.run
    moved = replace(provider, configuration={"issuer": "https://other.example"}, version=2)
    # By an administrator it is bound to the new one.
    run(lambda store: store.providers.change(moved))
    assert run(lambda store: store.providers.secret(moved)) == "client-secret"
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(identity_provider).values(configuration='{"tokenUrl":"x"}'))
    read = run(lambda store: store.providers.find(provider.zone, "corp"))
    assert read is not None
    with pytest.raises(IntegrityViolated, match="sealed_secret of row"):
        run(lambda store: store.providers.secret(read))
    [finding] = owner_problems(SealedValues(on_sqlite.engine), on_sqlite.keys)
    assert "identity_provider.sealed_secret" in finding.problem


def test_contents_of_before_name_their_owner(on_sqlite: Domain) -> None:
    """So that a swap is found before owners are bound."""
    unbind(on_sqlite)
    with_each_value(on_sqlite)
    found = {}
    for column, rows in SealedValues(on_sqlite.engine).envelopes():
        content = {
            "identity_provider": b'["zone","corp","s"]',
            "user_session": b'["user","a.b.c"]',
            "user_password": b'{"hash":"h","user_id":"user"}',
        }.get(column.table.name)
        if content is not None:
            found[column.table.name] = column.contradiction(rows[0], content)
    assert set(found.values()) == {"its content names another owner"}
    assert len(found) == 3
