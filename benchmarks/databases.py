"""Populated databases of either kind, created once and copied for each server."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cores import all_cores, pinned_to
from benchmarks.http_requests import token_request, write_requests
from benchmarks.population import Known, populate
from broker.runtime.state_directory import new_master_key
from tests.support.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack


@dataclass(frozen=True, slots=True)
class Populated:
    """The source of copies, and token requests with some of its secrets."""

    source: str
    known: Sequence[Known]
    token_requests: Path


class Databases:
    """Databases below a directory; the master keys of all are the same."""

    def __init__(self, directory: Path, stack: ExitStack, say: Callable[[str], None]) -> None:
        """Started processes end with the stack."""
        self.master_keys = new_master_key()
        self._directory = directory
        self._stack = stack
        self._say = say
        self._populated: dict[tuple[str, int, int | None], Populated] = {}

    @cached_property
    def postgres(self) -> PrivatePostgres:
        """A PostgreSQL that waits for the disk, as in production."""
        self._say("Starting PostgreSQL")
        with pinned_to(all_cores()):
            return self._stack.enter_context(PrivatePostgres(durable=True))

    def on_sqlite(self, bindings: int, instances: int | None = None) -> Populated:
        """Return an SQLite database with this number of bindings, and of instances if given."""
        return self._made("sqlite", bindings, instances)

    def on_postgres(self, bindings: int) -> Populated:
        """Return a PostgreSQL database with this number of bindings."""
        return self._made("postgres", bindings, None)

    def copy(self, populated: Populated, name: str) -> str:
        """Return the URL of a copy, for the product."""
        if populated.source.endswith(".db"):
            copy = self._directory / f"{name}.db"
            shutil.copy(populated.source, copy)
            return f"sqlite:///{copy}"
        return _for_the_engine(self.postgres.create_database(name, like=populated.source))

    def taken(self, populated: Populated, name: str) -> str:
        """Return the URL of an SQLite database itself, for a single user: saves a large copy."""
        self._populated = {
            key: each for key, each in self._populated.items() if each is not populated
        }
        url = self.empty("sqlite", name)
        Path(populated.source).rename(url.removeprefix("sqlite:///"))
        return url

    def empty(self, kind: str, name: str) -> str:
        """Return the URL of a database without tables, for the product."""
        if kind == "sqlite":
            return f"sqlite:///{self._directory / f'{name}.db'}"
        return _for_the_engine(self.postgres.create_database(name))

    def _made(self, kind: str, bindings: int, instances: int | None) -> Populated:
        key = kind, bindings, instances
        if key not in self._populated:
            self._say(f"Creating a database with {bindings:,} bindings ({kind})")
            name = f"populated_{bindings}_{instances or 'usual'}"
            known = populate(self.empty(kind, name), self.master_keys, bindings, instances)
            requests = self._directory / f"{kind}_{name}.requests"
            write_requests(requests, [token_request(each.client_id, each.secret) for each in known])
            source = str(self._directory / f"{name}.db") if kind == "sqlite" else name
            self._populated[key] = Populated(source, known, requests)
        return self._populated[key]


def _for_the_engine(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
