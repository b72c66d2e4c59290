"""Calls in any order, concurrent, cut off or hit by a crash conform to the reference model."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import pytest
import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.properties.cut_connection import CutRequest
from tests.properties.drawn_operations import (
    BINDINGS,
    INSTANCES,
    bindings,
    instances,
    operations,
    pairs,
)
from tests.properties.reference_model import (
    INSTANCE_SECRET,
    Bind,
    Binding,
    Instance,
    Operation,
    Outcome,
    Provision,
    World,
    accepts,
)
from tests.support.application import Credentials, token_status
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The listener exits if the same worker is killed twice within 5.5 seconds.
SECONDS_BETWEEN_CRASHES = 6.0
SECONDS_TO_RECOVER = 600.0


class Interleavings(RuleBasedStateMachine):
    """Two instances of one organization at a running server, and their model."""

    server: ClassVar[Server]
    crashed_at: ClassVar[float] = 0.0

    def __init__(self) -> None:
        """Start without resources, with ids unique to the example."""
        super().__init__()
        self.platform = PlatformClient(self.server.url, self.server.user, self.server.password)
        self.prefix = f"{uuid4().hex[:12]}-"
        self.world: World = {}
        self.last: Operation | None = None
        self.credentials: dict[int, Credentials] = {}
        self.issued: list[tuple[Instance, Binding]] = []
        self.secrets: dict[tuple[str, int], str] = {}
        self.owners: dict[str, tuple[str, int]] = {}

    @rule(operation=operations)
    def call(self, operation: Operation) -> None:
        self.last = operation
        self.settle(operation, self.send(operation))

    @rule()
    def repeat(self) -> None:
        if self.last is not None:
            self.call(self.last)

    @rule(instance=instances, binding=bindings)
    def ask_for_what_exists(self, instance: str, binding: str) -> None:
        existing = self.world.get(instance)
        if existing is not None:
            self.call(Provision(instance, existing.plan, existing.parameters))
            if (bound := existing.bindings.get(binding)) is not None:
                same = bound.parameters, bound.predecessor
                self.call(Bind(instance, binding, existing.plan, *same))

    @rule(operation=operations, milliseconds=st.integers(0, 5))
    def drop(self, operation: Operation, milliseconds: int) -> None:
        """The platform disconnects before the response and repeats the request."""
        cut = CutRequest(self.server, operation.request(self.prefix))
        cut.send()
        time.sleep(milliseconds / 1000)
        cut.drop()
        if (status := cut.outcome()) is not None:
            done = operation.apply(self.world)
            assert status == done.status
            self.world = done.world
        self.call(operation)

    @rule(operation=operations, milliseconds=st.integers(0, 12))
    def crash(self, operation: Operation, milliseconds: int) -> None:
        """The worker is killed during the request; the platform repeats it."""
        if time.monotonic() < self.crashed_at + SECONDS_BETWEEN_CRASHES:
            return
        cut = CutRequest(self.server, operation.request(self.prefix))
        worker = cut.worker()
        cut.send()
        time.sleep(milliseconds / 1000)
        worker.kill()
        worker.wait(SECONDS_TO_RECOVER)
        type(self).crashed_at = time.monotonic()
        cut.drop()
        response = self.send_until_answered(operation)
        done = operation.apply(self.world)
        again, first = operation.apply(done.world), operation.apply(self.world)
        # The operation is complete or has no effect; there is no state in between.
        self.settle_as_one_of([([again], again.world), ([first], first.world)], [response])

    @rule(pair=pairs)
    def race(self, pair: tuple[Operation, Operation]) -> None:
        """Two concurrent calls about one instance have the effect of a sequence."""
        start = Barrier(2)

        def send(operation: Operation) -> requests.Response:
            start.wait()
            return self.send(operation)

        with ThreadPoolExecutor(2) as threads:
            responses = list(threads.map(send, pair))
        left, right = pair
        left_first, right_first = left.apply(self.world), right.apply(self.world)
        right_second, left_second = right.apply(left_first.world), left.apply(right_first.world)
        self.settle_as_one_of(
            [
                ([left_first, right_second], right_second.world),
                ([left_second, right_first], left_second.world),
            ],
            responses,
        )

    @rule(instance=instances)
    def fetch(self, instance: str) -> None:
        assert self.differences(self.world, instance) == []

    @rule(number=st.integers(0, 99))
    def ask_for_a_token(self, number: int) -> None:
        if self.issued:
            self.check_credential(*self.issued[number % len(self.issued)])

    def teardown(self) -> None:
        """Compare everything again."""
        for instance in INSTANCES:
            self.fetch(instance)
        for issued in self.issued:
            self.check_credential(*issued)

    def send(self, operation: Operation) -> requests.Response:
        """Send the call as a platform does."""
        request = operation.request(self.prefix)
        return self.platform.request(
            request.method, request.path, params=request.query, json=request.body
        )

    def send_until_answered(self, operation: Operation) -> requests.Response:
        """Repeat the call while there is no server."""
        give_up = time.monotonic() + SECONDS_TO_RECOVER
        while True:
            try:
                return self.send(operation)
            except requests.ConnectionError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)

    def settle(self, operation: Operation, response: requests.Response) -> None:
        """Check the response of an undisturbed operation."""
        outcome = operation.apply(self.world)
        assert response.status_code == outcome.status, response.text
        self.world = outcome.world
        self.note_credentials(outcome, response)

    def settle_as_one_of(
        self, histories: list[tuple[list[Outcome], World]], responses: list[requests.Response]
    ) -> None:
        """Find a history that leads to these responses and to the present state."""
        statuses = [response.status_code for response in responses]
        found = []
        for outcomes, world in histories:
            expected = [outcome.status for outcome in outcomes]
            if statuses != expected:
                found.append(f"{expected} would also be possible")
            elif others := [text for each in INSTANCES for text in self.differences(world, each)]:
                found += others
            else:
                self.world = world
                for outcome, response in zip(outcomes, responses, strict=True):
                    self.note_credentials(outcome, response)
                return
        raise AssertionError(f"{statuses} came of no possible order: {found}")

    def note_credentials(self, outcome: Outcome, response: requests.Response) -> None:
        """Check that a binding has unchanged credentials, or remember those of a new one."""
        instance, binding = outcome.instance, outcome.binding
        if instance is None or binding is None:
            return
        credentials: Credentials = response.json()["credentials"]
        assert credentials["credential-type"] == binding.type
        assert self.credentials.setdefault(binding.serial, credentials) == credentials
        # Bindings share a secret if and only if it is the same instance secret.
        owner = instance.serial if binding.type == INSTANCE_SECRET else binding.serial
        secret = credentials["clientsecret"]
        assert self.owners.setdefault(secret, (binding.type, owner)) == (binding.type, owner)
        assert self.secrets.setdefault((binding.type, owner), secret) == secret
        self.issued.append((instance, binding))

    def differences(self, world: World, instance: str) -> list[str]:
        """Return the differences of an instance and its bindings from this world."""
        fetched = self.platform.fetch(f"{self.prefix}{instance}")
        existing = world.get(instance)
        found = []
        shown = {"plan_id": None, "parameters": {}} | (fetched.json() if fetched.ok else {})
        expected = (existing.plan, existing.parameters) if existing else (None, {})
        if (shown["plan_id"], shown["parameters"]) != expected:
            found.append(f"{instance} is {shown}, not {expected}")
        for id_ in BINDINGS:
            binding = existing.bindings.get(id_) if existing else None
            fetched = self.platform.fetch_binding(f"{self.prefix}{instance}", id_)
            if not self.is_shown(binding, fetched):
                found.append(f"{instance}/{id_} is {fetched.text}, not {binding}")
        return found

    def is_shown(self, binding: Binding | None, fetched: requests.Response) -> bool:
        """Return whether a fetched binding is that of the model."""
        if binding is None:
            return fetched.status_code == 404
        body: dict[str, Any] = {"parameters": {}} | fetched.json()
        known = self.credentials.get(binding.serial, body.get("credentials"))
        type_ = body.get("credentials", {}).get("credential-type")
        shown = body.get("credentials"), body["parameters"], type_
        return shown == (known, binding.parameters, binding.type)

    def check_credential(self, instance: Instance, binding: Binding) -> None:
        """Request a token with the credentials of a binding."""
        valid = accepts(self.world, instance.serial, binding.serial, binding.type)
        status = token_status(self.credentials[binding.serial])
        assert status == (200 if valid else 401), (instance, binding)


def run(server: Server, examples: int, steps: int) -> None:
    """Run the machine against a server that may be killed."""
    machine = type("InterleavingsHere", (Interleavings,), {"server": server})
    effort = settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=effort)
    assert server.is_up()
    assert "request failed" not in server.log()


@pytest.fixture
def own_server(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A separate server, as its workers are killed."""
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"machine_{uuid4().hex}")
    with Server(tmp_path, database_url=url) as running:
        yield running


def test_interleavings(own_server: Server) -> None:
    run(own_server, examples=12, steps=25)


@pytest.mark.soak
def test_interleavings_at_length(own_server: Server) -> None:
    run(own_server, examples=250, steps=60)
