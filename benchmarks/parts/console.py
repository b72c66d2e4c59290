"""The console: CPU time of the first page of each list, and tokens beside people who click."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import select

from benchmarks.cores import pinned_to, server_core
from benchmarks.measured_server import PASSWORD, USER, measured_server
from benchmarks.parts.passwords import Clients, beside
from benchmarks.report import Table
from broker.authorization.collections.names import ADMINISTRATORS
from broker.logs.structured import configure_logging
from broker.store.database.engine import open_engine
from broker.store.tables.core import zone
from tests.support.console_world import ConsoleWorld
from tests.support.databases import place_migrated_file
from tests.support.domain import Domain
from tests.support.large_zone import (
    BINDINGS,
    COLLECTIONS,
    FIRST,
    INSTANCES,
    USERS,
    fill,
    populate,
)
from tests.support.login_world import LoginWorld
from tests.support.people import PASSWORD as USER_PASSWORD
from tests.support.platform import PlatformClient, a_descriptor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.bench import Bench
    from tests.support.server import Server

ALONE, BESIDE = "tokens at 40 %", "tokens at 40 %, 10 people click"
MOST = "the slowest of them"
CPU = "ms of CPU"

_PEOPLE = 10
_BETWEEN_CLICKS = 1.0
_WARM_UP = 3


def measure(bench: Bench) -> Table:
    """Measure the pages without a server, and token times beside people at a server."""
    pages = _pages(bench)
    rows = {**pages, MOST: {CPU: max(each[CPU] for each in pages.values())}, **_beside(bench)}
    return Table(
        f"Console: a zone with {BINDINGS:,} bindings, {USERS:,} users and {COLLECTIONS:,} role"
        " collections, SQLite",
        rows,
        f"Each of the people opens a list every {_BETWEEN_CLICKS:g} s.",
    )


def _paths(guid: str) -> Sequence[str]:
    lists = ("instances", "users", "role-collections", "identity-providers", "migration")
    return (*(f"/console/zones/{guid}/{name}" for name in lists), f"/console/instances/{FIRST}")


def _pages(bench: Bench) -> dict[str, dict[str, float]]:
    """Return the CPU time of the first page of each list, the median of all requests."""
    configure_logging("error", as_json=False)
    url = bench.databases.empty("sqlite", "console_pages")
    place_migrated_file(Path(url.removeprefix("sqlite:///")))
    domain = Domain(url)
    world = ConsoleWorld(domain)
    bench.say("Filling a zone")
    populate(domain, world.zone)
    visitor, rows = world.enter("admin"), {}
    for path in _paths(world.zone.guid):
        durations: list[float] = []
        with pinned_to(server_core()):
            end = time.monotonic() + bench.effort.operation_seconds * bench.effort.rounds
            while len(durations) <= _WARM_UP or time.monotonic() < end:
                began = time.process_time()
                reply = visitor.get(path)
                durations.append(time.process_time() - began)
                assert reply.status == 200, path  # noqa: S101, PLR2004 - HTTP
        name = f"{path.rpartition('/')[2]}, first page".replace(FIRST, "instance")
        rows[name] = {CPU: median(durations[_WARM_UP:]) * 1000}
        bench.say(f"{name}: {rows[name][CPU]:.0f} ms")
    domain.close()
    return rows


def _beside(bench: Bench) -> dict[str, dict[str, float]]:
    url = bench.databases.empty("sqlite", "console")
    with measured_server(bench, "console", server_core(), url) as (server, what):
        platform = PlatformClient(server.url, USER, PASSWORD)
        world = LoginWorld.create(server, platform)
        for number in range(INSTANCES):
            platform.provision(f"large-{number}", a_descriptor())
        engine = open_engine(url, connections=1, lock_timeout=45)
        with engine.connect() as connection:
            row_id = connection.execute(
                select(zone.c.id).where(zone.c.guid == world.zone)
            ).scalar_one()
        fill(engine, row_id, datetime.now(UTC))
        engine.dispose()
        people = [_cookies(world, number) for number in range(_PEOPLE)]

        def person(number: int) -> Callable[[], int]:
            return _Person(server, people[number], _paths(world.zone)).click

        clients = Clients(person, _PEOPLE)
        found = beside(bench, what, world.credentials, clients, (ALONE, BESIDE))
    found[BESIDE]["pages /s"] = found[BESIDE].pop("logons /s")
    return found


def _cookies(world: LoginWorld, number: int) -> str:
    """Return the cookies of an administrator who is logged in to the console."""
    name = f"person-{number}"
    world.add_user(name)
    world.command("role-collections", "assign", ADMINISTRATORS, "--user", name)
    browser = world.browser()
    page = browser.get("/console/login", params={"zone": world.zone})
    browser.log_on(page, name, USER_PASSWORD)
    assert browser.get("/console").status_code == 200  # noqa: S101, PLR2004 - HTTP
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


class _Person:
    """A person who opens one list after the other."""

    def __init__(self, server: Server, cookies: str, paths: Sequence[str]) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        host = f"localhost:{server.port}"
        self._headers = {"Host": host, "Accept": "text/html", "Cookie": cookies}
        self._paths = paths

    def click(self) -> int:
        """Open a list, read it, and return the status."""
        self._connection.request("GET", random.choice(self._paths), headers=self._headers)
        response = self._connection.getresponse()
        response.read()
        time.sleep(_BETWEEN_CLICKS * random.uniform(0.5, 1.5))
        return response.status
