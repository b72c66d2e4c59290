"""Faults that no client can cause: a failing database, and a locked one."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.contract.broker import Broker
from tests.contract.parallel import at_once
from tests.contract.subject import Subject
from tests.support.databases import migrated_copy
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.resources import Binding, Instance, Resource
    from tests.contract.response import Response
    from tests.support.postgres import PrivatePostgres


@dataclass
class FragileBroker:
    """A broker with direct access to its database."""

    engine: Engine
    subject: Subject

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Rename the table that every operation writes to last."""
        self._execute("ALTER TABLE audit_event RENAME TO audit_event_elsewhere")
        try:
            yield
        finally:
            self._execute("ALTER TABLE audit_event_elsewhere RENAME TO audit_event")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Block every writer."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.execute(text("BEGIN IMMEDIATE"))
            else:
                connection.execute(text("BEGIN"))
                connection.execute(text("LOCK TABLE operation_lock IN EXCLUSIVE MODE"))
            try:
                yield
            finally:
                connection.execute(text("ROLLBACK"))

    def _execute(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="module")
def fragile(
    database: str,
    postgres_if_used: PrivatePostgres | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[FragileBroker]:
    """A broker with a lock timeout of one second."""
    directory = tmp_path_factory.mktemp(f"fragile-{database}")
    url = migrated_copy(directory, postgres_if_used)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    running = Server(directory, database_url=url, XSUAA_LOCK_TIMEOUT="1")
    with running as server, closing(Broker(server.url, server.user, server.password)) as broker:
        yield FragileBroker(engine, Subject.of(broker, plan="application"))
    engine.dispose()


def every_write(subject: Subject, instance: Instance, binding: Binding) -> list[Response]:
    """Send a provision, an update, a bind, an unbind and a deprovision concurrently."""
    return at_once(
        [
            partial(subject.create, subject.draft_instance()),
            partial(subject.update, instance, {"parameters": instance.other_parameters}),
            partial(subject.create, subject.draft_binding(instance)),
            partial(subject.delete, binding),
            partial(subject.delete, instance),
        ]
    )


@pytest.fixture
def binding(fragile: FragileBroker) -> Iterator[Binding]:
    """A binding and its instance, which the test must leave unchanged."""
    subject = fragile.subject
    made = subject.a_binding()
    before = [subject.fetch(each).document for each in (made, made.instance)]
    yield made
    assert [subject.fetch(each).document for each in (made, made.instance)] == before
    assert subject.create(made).status == 200
    assert subject.clean_up() == []


def test_a_failing_database_is_a_503_that_changes_nothing(
    fragile: FragileBroker, binding: Binding
) -> None:
    """OSB-ERR-08, OSB-UPD-12."""
    with fragile.broken():
        failed = every_write(fragile.subject, binding.instance, binding)
    assert [response.status for response in failed] == [503] * 5
    assert all("database" in response.description for response in failed)


def test_a_lock_held_for_too_long_is_a_concurrency_error(
    fragile: FragileBroker, binding: Binding
) -> None:
    """OSB-CONC-01, OSB-PROV-12, OSB-UPD-09, OSB-BIND-09, OSB-UNB-05, OSB-DEP-05."""
    with fragile.locked():
        rejected = every_write(fragile.subject, binding.instance, binding)
    assert [response.status for response in rejected] == [422] * 5
    assert {response.members["error"] for response in rejected} == {"ConcurrencyError"}


def test_a_failed_creation_can_be_repeated(fragile: FragileBroker) -> None:
    """OSB-ORPH-03: ids and unique names are available again."""
    subject = fragile.subject
    instance = subject.draft_instance()
    resources: list[Resource] = [instance, subject.draft_binding(instance)]
    for resource in resources:
        with fragile.broken():
            assert subject.create(resource).status == 503
            assert subject.delete(resource).status == 410
        assert subject.fetch(resource).status == 404
        assert subject.create(resource).status == 201
    assert subject.clean_up() == []
