"""The command binds all values while servers write; no former value is accepted after (D-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update

from broker.errors import ConfigurationError, IntegrityViolated, StateConflict
from broker.store.sealing.bind_owners import BindOwners
from broker.store.sealing.data_keys import DataKeys, Purpose
from broker.store.sealing.key_maintenance import rotate
from broker.store.sealing.owned_columns import PAYLOADS
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.reseal import Reseal
from broker.store.sealing.sealed import OWNER_BOUND, Sealer
from broker.store.sealing.sealed_values import SealedValues
from broker.store.tables.core import credential, data_key, service_binding, service_instance
from tests.support.domain import MASTER_KEYS, OPERATOR
from tests.support.swapped_owners import TwoOwners, unbind, without_foreign_keys

if TYPE_CHECKING:
    from sqlalchemy import Table

    from broker.store.sealing.bind_owners import BoundOwners
    from tests.support.domain import Domain

FINISHED = OwnerBinding.FINISHED
Rows = list[dict[str, Any]]


def nothing(_number: int) -> None:
    """Ignore the progress."""


def bind(domain: Domain, advance: Any = nothing) -> BoundOwners:
    return BindOwners(domain.engine, domain.keys)(OPERATOR, advance)


def rows(domain: Domain, table: Table) -> Rows:
    with domain.engine.connect() as connection:
        return [dict(each) for each in connection.execute(select(table)).mappings()]


def put_back(domain: Domain, table: Table, before: Rows) -> None:
    """Replace all rows of the table by old ones, as a writer of the database can."""
    with without_foreign_keys(domain) as connection:
        connection.execute(delete(table))
        connection.execute(insert(table), before)


def versions(domain: Domain) -> set[bytes]:
    """Return the versions of all envelopes."""
    pages = SealedValues(domain.engine).envelopes()
    return {row.envelope[:1] for _, page in pages for row in page}


@pytest.fixture
def world(domain: Domain) -> TwoOwners:
    """Two owners in a database from before."""
    unbind(domain)
    return TwoOwners(domain)


def test_everything_is_bound_and_works_as_before(world: TwoOwners) -> None:
    domain = world.domain
    assert versions(domain) == {b"\x01"}
    assert {row["owner_mac"] for row in rows(domain, credential)} == {None}
    seen: list[int] = []
    total = BindOwners(domain.engine, domain.keys).total()
    result = bind(domain, seen.append)
    assert (result.left, list(result.contradictions)) == ([], [])
    assert sum(seen) == total
    # Two hidden secrets, whose digests stay, and two service instances.
    assert (result.done.digests, result.done.owners) == (6, 4)
    assert versions(domain) == {OWNER_BOUND}
    assert domain.keys.binding is FINISHED
    assert not world.differs()
    assert not world.shows()
    assert world.problems() == []
    owner = world.owners[0]
    assert owner.bind(domain, "shared") == owner.payloads["shared"]
    assert bind(domain).was_finished
    assert DataKeys(domain.engine, MASTER_KEYS).binding is FINISHED


def test_a_new_database_is_bound_from_the_beginning(on_sqlite: Domain) -> None:
    assert on_sqlite.keys.binding is FINISHED
    assert bind(on_sqlite).was_finished
    rotate(on_sqlite.engine, on_sqlite.keys, list(Purpose), OPERATOR)
    assert on_sqlite.keys.newest_seal_key().is_owner_bound
    assert on_sqlite.keys.newest_digest_key().is_owner_bound


def test_comparing_changes_nothing(on_sqlite: Domain) -> None:
    unbind(on_sqlite)
    TwoOwners(on_sqlite)
    before = rows(on_sqlite, data_key)
    assert BindOwners(on_sqlite.engine, on_sqlite.keys).compare(nothing).contradictions == []
    assert rows(on_sqlite, data_key) == before


def test_an_interrupted_run_is_continued(on_sqlite: Domain) -> None:
    unbind(on_sqlite)
    world = TwoOwners(on_sqlite)
    work = BindOwners(on_sqlite.engine, on_sqlite.keys)
    seen: list[int] = []

    def interrupt(number: int) -> None:
        seen.append(number)
        # The first page of credentials has been digested again.
        if sum(seen) > work.total() * 4 // 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(OPERATOR, interrupt)
    assert on_sqlite.keys.binding is OwnerBinding.STARTED
    assert world.problems() == []
    assert not world.differs()
    assert bind(on_sqlite).left == []
    assert on_sqlite.keys.binding is FINISHED


def test_nothing_is_resealed_without_the_comparison(on_sqlite: Domain) -> None:
    """A code for a moved row would make it valid."""
    unbind(on_sqlite)
    TwoOwners(on_sqlite)
    BindOwners(on_sqlite.engine, on_sqlite.keys)._start(OPERATOR)
    with pytest.raises(StateConflict, match="data-keys bind-owners"):
        Reseal(on_sqlite.engine, on_sqlite.keys)(OPERATOR, nothing)
    assert bind(on_sqlite).left == []


def test_former_rows_are_refused_after_the_finish(world: TwoOwners) -> None:
    """Put back whole from an earlier copy of the database."""
    domain, owner = world.domain, world.owners[0]
    tables = (service_binding, credential, service_instance)
    former = {table: rows(domain, table) for table in tables}
    bind(domain)
    for table in tables:
        present = rows(domain, table)
        put_back(domain, table, former[table])
        assert len(world.problems()) >= 2
        if table is credential:
            assert set(world.accepted().values()) == {""}
        else:
            with pytest.raises(IntegrityViolated):
                owner.bind(domain, "own")
        put_back(domain, table, present)
    assert world.problems() == []
    assert not world.differs()


def test_former_data_keys_are_refused_after_the_finish(world: TwoOwners) -> None:
    domain = world.domain
    former = rows(domain, data_key)
    bind(domain)
    present = rows(domain, data_key)
    # Beside the new ones they are not used.
    ids = {each["id"] for each in former}
    put_back(domain, data_key, [*former, *(each for each in present if each["id"] not in ids)])
    fresh = DataKeys(domain.engine, MASTER_KEYS)
    assert fresh.binding is FINISHED
    for each in former:
        get = fresh.seal_key if each["purpose"] == Purpose.SEAL else fresh.digest_key
        with pytest.raises(IntegrityViolated, match="does not exist"):
            get(each["id"])
    # Alone they open nothing that is stored, and a running server refuses them.
    put_back(domain, data_key, former)
    fresh = DataKeys(domain.engine, MASTER_KEYS)
    assert fresh.binding is OwnerBinding.NONE
    [row, *_] = SealedValues(domain.engine).rows(PAYLOADS.query)
    with pytest.raises(IntegrityViolated, match="does not exist"):
        Sealer(fresh).open(row.envelope, PAYLOADS.place(row))
    with pytest.raises(ConfigurationError, match="from before owners were bound"):
        domain.keys.load()
    put_back(domain, data_key, present)
    assert world.problems() == []


def test_what_an_earlier_version_writes_beside_prevents_the_finish(on_sqlite: Domain) -> None:
    unbind(on_sqlite)
    TwoOwners(on_sqlite)
    earlier = DataKeys(on_sqlite.engine, MASTER_KEYS)
    earlier.load()
    work = BindOwners(on_sqlite.engine, on_sqlite.keys)
    finish, times = work._finish, [1]

    def after_a_write_beside(actor: Any) -> Any:
        if times:
            times.pop()
            [row, *_] = SealedValues(on_sqlite.engine).rows(PAYLOADS.query)
            place = PAYLOADS.place(row)
            former = Sealer(earlier).seal(Sealer(on_sqlite.keys).open(row.envelope, place), place)
            with on_sqlite.engine.begin() as connection:
                connection.execute(
                    update(service_binding)
                    .where(service_binding.c.id == row.id)
                    .values(sealed_payload=former)
                )
            left = finish(actor)
            assert left == [f"service_binding.sealed_payload of row {row.id}"]
            assert on_sqlite.keys.binding is OwnerBinding.STARTED
            return left
        return finish(actor)

    work._finish = after_a_write_beside  # type: ignore[method-assign]
    assert work(OPERATOR, nothing).left == []
    assert versions(on_sqlite) == {OWNER_BOUND}
