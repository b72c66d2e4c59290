"""CPU time of a provision by the size of its descriptor."""

from __future__ import annotations

from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from benchmarks.cores import server_core
from benchmarks.measured import cpu_seconds
from benchmarks.measured_server import measured_server
from benchmarks.osb_client import Platform
from benchmarks.report import Table
from tests.support.platform import a_descriptor

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.osb_client import JsonObject

MILLISECONDS, TO_SMALL = "ms of CPU", "÷ small"
SMALL, LARGE = "3 scopes, templates, collections", "100 scopes, 50 templates, 20 collections"

_SIZES: Final = {SMALL: (3, 3, 3), LARGE: (100, 50, 20)}
_ORGANIZATION = "organization"
_CALLS = 40
_WARM_UP = 10


def measure(bench: Bench) -> Table:
    """Measure both sizes in each round, on SQLite."""
    found: dict[str, list[float]] = {name: [] for name in _SIZES}
    url = bench.databases.empty("sqlite", "provisioning")
    with (
        measured_server(bench, "provisioning", server_core(), url) as (server, what),
        closing(Platform(server.port)) as platform,
    ):

        def provision(name: str, calls: int) -> None:
            for _ in range(calls):
                platform.provision(_descriptor(*_SIZES[name]), _ORGANIZATION)

        for name in _SIZES:
            provision(name, _WARM_UP)
        for number in bench.rounds():
            bench.wait_until_idle()
            for name, milliseconds in found.items():
                before = cpu_seconds(what)
                provision(name, _CALLS)
                milliseconds.append((cpu_seconds(what) - before) / _CALLS * 1000)
            ratio = found[LARGE][-1] / found[SMALL][-1]
            bench.say(f"Round {number} of {bench.effort.rounds}, large ÷ small: {ratio:.1f}")
    rows = {
        name: {
            MILLISECONDS: median(milliseconds),
            TO_SMALL: median(
                each / small for each, small in zip(milliseconds, found[SMALL], strict=True)
            ),
        }
        for name, milliseconds in found.items()
    }
    return Table("Provision by the size of the descriptor: SQLite", rows)


def _descriptor(scopes: int, templates: int, collections: int) -> JsonObject:
    """Return a descriptor; each template has four scopes, each collection three templates."""
    # Names of role collections are unique in an organization.
    prefix = uuid4().hex
    return a_descriptor(
        scopes=[
            {"name": f"$XSAPPNAME.Scope{n}", "description": f"Scope {n}"} for n in range(scopes)
        ],
        role_templates=[
            {
                "name": f"Template{n}",
                "description": f"Template {n}",
                "scope-references": [
                    f"$XSAPPNAME.Scope{each}"
                    for each in sorted({(2 * n + more) % scopes for more in range(4)})
                ],
            }
            for n in range(templates)
        ],
        role_collections=[
            {
                "name": f"Collection {n} {prefix}",
                "description": f"Collection {n}",
                "role-template-references": [
                    f"$XSAPPNAME.Template{each}"
                    for each in sorted({(3 * n + more) % templates for more in range(3)})
                ],
            }
            for n in range(collections)
        ],
    )
