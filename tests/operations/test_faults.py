"""Workers and the database are killed at random under load; then a checker verifies the state.

Every acknowledged operation is stored, no operation is stored in part, and every credential has its
owner and vice versa. XSUAA_FAULT_SEED repeats a run.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.operations.processes import await_that, family_of, needs_proc
from tests.support.application import token_status
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.postgres import PrivatePostgres
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.application import Credentials

pytestmark = needs_proc

TYPES = credential_types("binding-secret", "instance-secret")
SHORT, LONG = 8, 120


@dataclass
class Applicant(threading.Thread):
    """A platform that creates and deletes resources and remembers acknowledged operations."""

    server: Server
    random: random.Random
    instances: set[str] = field(default_factory=set)
    bindings: dict[tuple[str, str], Credentials] = field(default_factory=dict)
    deleted: list[Credentials] = field(default_factory=list)
    uncertain: set[str] = field(default_factory=set)
    """Instances with an unacknowledged operation: all or nothing of it may be stored."""
    wrong: list[str] = field(default_factory=list)
    acknowledged: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.stopping = threading.Event()
        self._platform = PlatformClient(
            self.server.url, self.server.user, self.server.password, timeout=20, may_fail=True
        )

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        """Run one operation after the other."""
        while not self.stopping.is_set():
            step = self.random.choice(
                [self._provision, self._bind, self._bind, self._unbind, self._token, self._token]
            )
            step()

    def _provision(self) -> None:
        instance = a_guid()
        descriptor = a_descriptor(oauth2_configuration=TYPES)
        if self._done(instance, lambda: self._platform.provision(instance, descriptor), 201):
            self.instances.add(instance)

    def _bind(self) -> None:
        if not (instance := self._chosen(self.instances)):
            return
        binding = a_guid()
        wish = {"credential-type": self.random.choice(["binding-secret", "instance-secret"])}
        response = self._done(instance, lambda: self._platform.bind(instance, binding, wish), 201)
        if response is not None:
            bound = response.json()["credentials"] | {"url": self.server.url}
            self.bindings[instance, binding] = bound

    def _unbind(self) -> None:
        if not (key := self._chosen(self.bindings)):
            return
        credentials = self.bindings.pop(key)
        if self._done(key[0], lambda: self._platform.unbind(*key), 200) is not None and (
            credentials["credential-type"] == "binding-secret"
        ):
            self.deleted.append(credentials)

    def _token(self) -> None:
        if not (key := self._chosen(self.bindings)):
            return
        try:
            status = token_status(self.bindings[key])
        except requests.RequestException:
            return
        if status not in {200, 503}:
            self.wrong.append(f"token of {key}: {status}")

    def _chosen(self, among: Any) -> Any:
        return self.random.choice(sorted(among)) if among else None

    def _done(
        self, instance: str, call: Callable[[], requests.Response], status: int
    ) -> requests.Response | None:
        """Return the response if it acknowledges the operation; it must be a failure otherwise."""
        try:
            response = call()
        except requests.RequestException:
            self.uncertain.add(instance)
            return None
        if response.status_code == status:
            self.acknowledged += 1
            return response
        self.uncertain.add(instance)
        if response.status_code not in {503, 422}:
            self.wrong.append(f"{response.request.method} {response.url}: {response.status_code}")
        return None


@pytest.fixture
def seed() -> int:
    """The seed of this run, which is printed on failure."""
    chosen = int(os.environ.get("XSUAA_FAULT_SEED", secrets.randbelow(1 << 32)))
    print(f"XSUAA_FAULT_SEED={chosen}")
    return chosen


def test_killed_workers_leave_no_partial_change(tmp_path: Path, seed: int) -> None:
    with Server(tmp_path) as server:
        run_with_faults(server, seed, SHORT, lambda chance: kill_a_worker(server, chance))


def test_a_killed_database_leaves_no_partial_change(tmp_path: Path, seed: int) -> None:
    with PrivatePostgres() as postgres:
        url = migrated_database(postgres, "faults")
        with Server(tmp_path, database_url=url) as server:
            run_with_faults(server, seed, SHORT, lambda _: kill_the_database(postgres))


@pytest.mark.soak
def test_killed_workers_and_database_for_longer(tmp_path: Path, seed: int) -> None:
    with PrivatePostgres() as postgres:
        url = migrated_database(postgres, "faults")
        # In two minutes a fast machine creates more than the default limit of 2500.
        many = {"XSUAA_MAX_INSTANCES_PER_ZONE": "1000000"}
        with Server(tmp_path, database_url=url, workers=3, **many) as server:

            def either(chance: random.Random) -> None:
                if chance.random() < 0.3:
                    kill_the_database(postgres)
                else:
                    kill_a_worker(server, chance)

            run_with_faults(server, seed, LONG, either)


def run_with_faults(
    server: Server, seed: int, seconds: float, fault: Callable[[random.Random], None]
) -> None:
    """Load the server, inject faults, then check everything."""
    chance = random.Random(seed)
    applicants = [Applicant(server, random.Random(chance.random())) for _ in range(4)]
    for applicant in applicants:
        applicant.start()
    faults, end = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.1, 2.0))
            fault(chance)
            faults += 1
    finally:
        for applicant in applicants:
            applicant.stopping.set()
        for applicant in applicants:
            applicant.join()
    await_that(server.is_up, "a server that is ready")
    assert faults
    assert sum(each.acknowledged for each in applicants) > 0
    assert [problem for each in applicants for problem in each.wrong] == []
    check(server, applicants)


def check(server: Server, applicants: list[Applicant]) -> None:
    """Prove that every acknowledged operation is stored, and none in part."""
    assert server.command("doctor", "check", check=False).stdout == "No inconsistencies found.\n"
    text = server.command("credentials", "report", "--json").stdout
    there = {
        each["instance_id"]: {binding["binding_id"] for binding in each["bindings"]}
        for each in json.loads(text)["instances"]
    }
    for applicant in applicants:
        assert applicant.instances <= set(there)
        for instance, binding in applicant.bindings:
            assert binding in there[instance], f"{binding} was acknowledged"
        held: dict[str, set[str]] = {instance: set() for instance in applicant.instances}
        for instance, binding in applicant.bindings:
            held[instance].add(binding)
        for instance in applicant.instances - applicant.uncertain:
            assert there[instance] == held[instance], "nothing is left that was not requested"
        for credentials in applicant.bindings.values():
            assert token_status(credentials) == 200
        for credentials in applicant.deleted:
            assert token_status(credentials) == 401


def kill_a_worker(server: Server, chance: random.Random) -> None:
    """Kill one worker of either listener."""
    family = family_of(server)
    workers = sorted(family.http_workers | family.tls_workers)
    if workers:
        chance.choice(workers).kill()


def kill_the_database(postgres: PrivatePostgres) -> None:
    """Kill the database as a power failure would, and start it again."""
    postgres.kill()
    postgres.start()
