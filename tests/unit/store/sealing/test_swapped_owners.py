"""Any column swapped between the rows of two owners gives neither what belongs to the other (D-52).

Before owners are bound, and while they are being bound, exactly the columns listed here do; the
section on a database writer in SECURITY.md says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import LargeBinary, UniqueConstraint

from broker.store.sealing.bind_owners import BindOwners
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.reseal import Reseal
from broker.store.tables.core import (
    client,
    credential,
    service_binding,
    service_instance,
    zone,
)
from tests.support.domain import OPERATOR
from tests.support.swapped_owners import TABLES, TwoOwners, unbind

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Column, Table

    from tests.support.domain import Domain

TYING = {
    client.c.service_instance_guid,
    service_instance.c.platform,
    credential.c.type,
    credential.c.generation,
    credential.c.previous_until,
}
"""Columns that tie a secret to its owner, besides references, unique values, seals and digests."""

NOT_COVERED = {
    # Which zone the next service instance of a tenant gets.
    zone: "platform external_key",
    # What an application may do, and how it is counted.
    client: "credential_types authorities grant_types token_validity epoch accepts_grants"
    " declared_epoch grant_types_filled_at approved_at approved_by holds_name local_id",
    # The descriptor, and what the platform says about the service instance.
    service_instance: "service_id plan_id plan xsappname tenant_mode parameters organization_guid"
    " space_guid context name space tenant updated_at",
    service_binding: "credential_type parameters app_guid predecessor_id expires_at"
    " private_key_until",
    # Their digest covers issuer_path; they restrict a certificate that the lookup identifies.
    credential: "delisted_at names not_before not_after issuer_path",
}
"""Columns that tie no secret to an owner."""

SHOWN_BEFORE = {client.c.client_id, service_instance.c.platform, service_instance.c.client_row_id}
"""Before owners are bound: the platform reaches the service instance of the other owner."""

ACCEPTED_BEFORE = {
    *(zone.c.number, zone.c.guid, zone.c.subdomain),
    *(client.c.zone_row_id, client.c.app_id, client.c.service_instance_guid),
    credential.c.generation,
}
"""Before owners are bound: the client gets tokens of another zone, application or generation."""

NOT_NAMED_BEFORE = {
    *(zone.c.guid, zone.c.subdomain),
    *(credential.c.generation, credential.c.previous_digest, credential.c.previous_until),
}
"""Before owners are bound: nothing that is stored beside contradicts the swap."""


def tying_columns() -> list[Column[Any]]:
    """Return references, unique values, sealed values, digests, their codes, and TYING."""
    return [each for table in TABLES for each in table.c if _ties(table, each)]


def _ties(table: Table, column: Column[Any]) -> bool:
    unique = any(
        column.name in each.columns
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    )
    ties = column.foreign_keys or unique or isinstance(column.type, LargeBinary) or column in TYING
    return bool(ties) and not column.primary_key and column.name not in _not_covered(table)


def _not_covered(table: Table) -> set[str]:
    common = {"created_at", "grants_epoch", "roles_epoch"}
    return common | set(NOT_COVERED[table].split())


def test_every_column_ties_or_is_listed() -> None:
    """A new column is in one of the two lists."""
    keys = {"digest_key_id", "previous_digest_key_id", "owner_digest_key_id"}
    columns = {each for table in TABLES for each in table.c if not each.primary_key}
    listed = {table.c[name] for table in TABLES for name in _not_covered(table) & {*table.c.keys()}}
    rest = columns - set(tying_columns()) - listed
    assert {each.name for each in rest} <= keys, "the same in both rows, as keys are shared"


def test_swapped_columns_give_nothing_once_owners_are_bound(domain: Domain) -> None:
    world = TwoOwners(domain)
    assert domain.keys.binding is OwnerBinding.FINISHED
    for column in tying_columns():
        effect = world.effect(column)
        assert not effect.shown, column
        assert not effect.accepted, column
        # Two rows share their data key.
        assert effect.named == (column is not credential.c.digest_key_id), column
    assert world.problems() == []


def _expect_what_is_undetected(world: TwoOwners) -> None:
    effects = {column: world.effect(column) for column in tying_columns()}
    codes = {column for column in effects if column.name.endswith("owner_mac")}
    assert {column for column, effect in effects.items() if effect.shown} == SHOWN_BEFORE
    assert {column for column, effect in effects.items() if effect.accepted} == ACCEPTED_BEFORE
    unnamed = {column for column, effect in effects.items() if not effect.named}
    assert unnamed == NOT_NAMED_BEFORE | codes | {credential.c.digest_key_id}
    assert world.problems() == []


def test_swapped_columns_before_owners_are_bound(on_sqlite: Domain) -> None:
    unbind(on_sqlite)
    _expect_what_is_undetected(TwoOwners(on_sqlite))


def test_swapped_columns_while_owners_are_being_bound(on_sqlite: Domain) -> None:
    """Values that are bound already are protected, the others as before."""
    unbind(on_sqlite)
    world = TwoOwners(on_sqlite)
    BindOwners(on_sqlite.engine, on_sqlite.keys)._start(OPERATOR)
    _expect_what_is_undetected(world)
    Reseal(on_sqlite.engine, on_sqlite.keys)(OPERATOR, lambda _: None, owners_compared=True)
    assert on_sqlite.keys.binding is OwnerBinding.STARTED
    for column in tying_columns():
        effect = world.effect(column)
        assert (effect.shown, effect.accepted) == (False, False), column


@pytest.mark.parametrize("column", sorted(SHOWN_BEFORE, key=str), ids=str)
def test_a_swap_is_refused_by_the_command_and_stays_unbound(
    on_sqlite: Domain, column: Column[Any]
) -> None:
    unbind(on_sqlite)
    world = TwoOwners(on_sqlite)
    with world.swapped(column):
        result = BindOwners(on_sqlite.engine, on_sqlite.keys)(OPERATOR, lambda _: None)
        assert any("i1" in each.problem for each in result.contradictions)
        assert on_sqlite.keys.binding.value == "", "nothing was started"
    assert BindOwners(on_sqlite.engine, on_sqlite.keys)(OPERATOR, lambda _: None).left == []
    assert on_sqlite.keys.binding.value == "finished"
    assert world.problems() == []
