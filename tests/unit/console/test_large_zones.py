"""Lists of a zone with very many bindings, users and role collections."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from broker.console.page import MAX_STATEMENTS
from tests.support import findings
from tests.support.console_world import ConsoleWorld
from tests.support.large_zone import COLLECTION, FIRST, INSTANCES, USERS, populate
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from tests.support.domain import Domain
    from tests.support.visitors import Visitor

LISTS = (
    "instances",
    "instances?q=large-7",
    "instances?sort=-created",
    "instances?type=x509",
    "users",
    "users?sort=-name",
    "users?sort=seen",
    "users?q=user-77&state=active",
    "users?q=nothing",
    "users?page=2000",
    "role-collections",
    "role-collections?sort=-users",
    "role-collections?q=4999&kind=custom",
    f"role-collections/one?name={COLLECTION.replace(' ', '+')}",
    f"role-collections/one/add-role?name={COLLECTION.replace(' ', '+')}&q=reader",
    "migration",
    "migration?q=large-7&sort=used",
    "identity-providers",
    "overview",
    "overview/expiring?sort=-expires&page=100",
    "overview/expiring?sort=name&q=large-7",
    "overview/unused",
    "overview/failing",
    "overview/references",
    "overview/approvals",
    "audit",
    "audit?days=all&action=roles",
    "audit?days=all&actor=user-77",
    "audit?days=all&subject=nobody&outcome=refused",
    f"audit?days=all&instance={FIRST}",
    f"access?user=user-77&client={FIRST}&scope=read",
    f"access?user=user-77&client={FIRST}",
    f"access/scope?client={FIRST}&scope=read",
    f"access/scope?client={FIRST}&scope=read&sort=-name",
    f"access/scope?client={FIRST}&scope=read&q=user-77",
    *(
        f"/console/instances/{FIRST}{query}"
        for query in (
            "",
            "?sort=used",
            "?q=sb-&page=2",
            "?q=nothing",
            "?q=sb-&page=999",
            "?type=x509",
        )
    ),
)
"""Each list with each order and filter; those of a zone below its path."""

MAX_ROWS = INSTANCES + 10
"""Of the tables of a page together."""

MAX_INSTRUCTIONS = 3_000_000
"""What SQLite may execute for a page, about 90 ms: a few for each row of the largest table."""

_STEP = 1000


class Work:
    """The instructions that SQLite executes, which grow with the rows that it reads."""

    instructions = 0

    def note(self) -> int:
        """Go on."""
        self.instructions += _STEP
        return 0


@contextmanager
def work_of(engine: Engine) -> Iterator[Work]:
    """Count them; there are none on PostgreSQL."""
    work = Work()

    def watch(connection: Any, *_: object) -> None:
        if engine.dialect.name == "sqlite":
            connection.set_progress_handler(work.note, _STEP)

    def leave(connection: Any, *_: object) -> None:
        if engine.dialect.name == "sqlite":
            connection.set_progress_handler(None, _STEP)

    event.listen(engine, "checkout", watch)
    event.listen(engine, "checkin", leave)
    yield work
    event.remove(engine, "checkout", watch)
    event.remove(engine, "checkin", leave)


def opened(world: ConsoleWorld, visitor: Visitor, path: str) -> str:
    """Return the text of the page."""
    zone = f"/console/zones/{world.zone.guid}/"
    reply = visitor.send("GET", path if path.startswith("/") else zone + path)
    assert reply.status == 200, path
    return reply.text


def test_lists_read_a_bounded_number_of_rows(domain: Domain) -> None:
    """However many the zone has: few statements, each with the rows of a page at most."""
    world, engine = ConsoleWorld(domain), domain.engine
    visitor = world.enter("admin")
    populate(domain, world.zone)
    findings.neglect_all(domain)
    statements: dict[str, int] = {}
    instructions: dict[str, int] = {}
    for path in LISTS:
        opened(world, visitor, path)  # zones are cached
        with statements_of(engine) as executed, work_of(engine) as work:
            text = opened(world, visitor, path)
        assert text.count("<tr") <= MAX_ROWS, path
        queries = [each for each in executed if not each.startswith(("BEGIN", "PRAGMA"))]
        statements[path], instructions[path] = len(queries), work.instructions
    assert {path: each for path, each in statements.items() if each > MAX_STATEMENTS} == {}
    assert {path: each for path, each in instructions.items() if each > MAX_INSTRUCTIONS} == {}
    assert instructions["users"] < USERS / 5
