"""Names of deleted applications are reserved for their space until they expire (D-30)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.support.instances import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.store.authorization.held_names import HeldNameTable
    from tests.support.domain import Domain

UNTIL = START + timedelta(days=1)
SECOND = timedelta(seconds=1)


def run(domain: Domain, work: Callable[[HeldNameTable], Any]) -> Any:
    return domain.transactions.run(lambda found: work(found.held_names))


def test_a_name_is_kept_from_other_spaces_until_its_time_is_over(on_sqlite: Domain) -> None:
    run(on_sqlite, lambda table: table.hold("a!t1", "mine", START, UNTIL))
    assert run(on_sqlite, lambda table: table.held_from("a!t1", "other", START)) == UNTIL
    assert run(on_sqlite, lambda table: table.held_from("a!t1", "other", UNTIL - SECOND)) == UNTIL
    free = [("a!t1", "mine", START), ("a!t1", "other", UNTIL), ("b!t1", "other", START)]
    found = run(on_sqlite, lambda table: [table.held_from(*of) for of in free])
    assert found == [None, None, None]


def test_the_last_space_that_had_it_keeps_it(on_sqlite: Domain) -> None:
    run(on_sqlite, lambda table: table.hold("a!t1", "first", START, UNTIL))
    run(on_sqlite, lambda table: table.hold("a!t1", "second", START, UNTIL + SECOND))
    assert run(on_sqlite, lambda table: table.held_from("a!t1", "first", START)) == UNTIL + SECOND
    assert run(on_sqlite, lambda table: table.held_from("a!t1", "second", START)) is None


def test_a_released_name_is_free_at_once(on_sqlite: Domain) -> None:
    run(on_sqlite, lambda table: table.hold("a!t1", "mine", START, UNTIL))
    assert run(on_sqlite, lambda table: table.release("a!t1")) is True
    assert run(on_sqlite, lambda table: table.release("a!t1")) is False
    assert run(on_sqlite, lambda table: table.held_from("a!t1", "other", START)) is None


def test_expired_names_are_deleted_with_the_next_one(on_sqlite: Domain) -> None:
    run(on_sqlite, lambda table: table.hold("old!t1", "mine", START, UNTIL))
    run(on_sqlite, lambda table: table.hold("new!t1", "mine", UNTIL, UNTIL + SECOND))
    assert run(on_sqlite, lambda table: table.release("old!t1")) is False
    assert run(on_sqlite, lambda table: table.release("new!t1")) is True
