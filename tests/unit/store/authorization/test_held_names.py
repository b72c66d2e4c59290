"""Names of deleted applications are reserved for their space until they expire (D-30)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from broker.descriptor.declarations import Usage
from broker.store.tables.core import client
from broker.store.tables.declared import application_reference
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


def marked(domain: Domain) -> set[str]:
    """Return the application ids that are held after the deletion."""
    with domain.engine.connect() as connection:
        query = select(client.c.app_id).where(client.c.holds_name)
        return set(connection.execute(query).scalars())


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ((Usage.GRANTED_APPS, "b!t1", "b"), {"a!t1", "b!t1"}),
        ((Usage.GRANT_AS_AUTHORITY, "b!t1", "b"), {"a!t1", "b!t1"}),
        ((Usage.GRANTED_APPS, "", None), {"a!t1"}),  # every application
        ((Usage.GRANTED_APPS, "c!t1", None), set()),
        ((Usage.GRANTED_APPS, "a!t1", "a"), set()),
        ((Usage.AUTHORITIES, "b!t1", "b"), set()),
        ((Usage.AUTHORITIES, "", None), set()),
        ((Usage.FOREIGN_SCOPES, "b!t1", "b"), set()),
        ((Usage.SCOPE_REFERENCES, "b!t1", "b"), set()),
        ((Usage.ROLE_TEMPLATE_REFERENCES, "b!t1", "b"), set()),
    ],
)
@pytest.mark.parametrize("asked", ["a", "b"])
def test_resolved_grants_mark_both_sides(
    domain: Domain, reference: tuple[Usage, str, str | None], expected: set[str], asked: str
) -> None:
    """D-55."""
    usage, app_id, target = reference
    clients = {name: domain.provision(name, {"xsappname": name}).instance.client for name in "ab"}
    with domain.engine.begin() as connection:
        connection.execute(
            insert(application_reference).values(
                id=1,
                client_row_id=clients["a"].row_id,
                usage=usage,
                holder="read",
                app_id=app_id,
                service_instance="",
                name="",
                target_row_id=target and clients[target].row_id,
            )
        )
    assert marked(domain) == set()
    run(domain, lambda table: table.mark_granted(clients[asked]))
    is_found = asked == "a" or target is not None
    assert marked(domain) == (expected if is_found else set())


def test_a_mark_stays(on_sqlite: Domain) -> None:
    instance = on_sqlite.provision("i", {"xsappname": "a"}).instance
    assert not run(on_sqlite, lambda table: table.is_marked(instance))
    run(on_sqlite, lambda table: table.mark(instance.client))
    on_sqlite.update("i", {"xsappname": "a"})
    assert run(on_sqlite, lambda table: table.is_marked(instance))
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(client).values(holds_name=False))
    assert not run(on_sqlite, lambda table: table.is_marked(instance))
