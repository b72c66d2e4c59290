"""The contract and the migration work with several hosts behind a proxy."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.contract.broker import Broker
from tests.contract.registry import CHECKS, load
from tests.contract.report import explain
from tests.contract.runner import run_check
from tests.contract.subject import Subject
from tests.journeys.walkthrough import MigrationWalkthrough

if TYPE_CHECKING:
    from tests.support.hosts import Hosts
    from tests.support.platform import PlatformClient

THE_PROXY_S_OWN = {
    # nginx itself refuses a NUL in a path, in HTML.
    "identifiers.odd_paths_are_served_or_refused",
    # nginx buffers the whole body before it forwards the request, even unauthenticated.
    "authentication.strangers_cannot_make_the_broker_wait_for_a_body",
    "bodies.huge_bodies_are_refused_quickly",
}


ACROSS_HOSTS = ("asynchronous", "concurrency", "deletion", "fetch", "last_operation", "rotation")
"""The groups of checks that depend most on what another host has done."""


@pytest.mark.parametrize("groups", [ACROSS_HOSTS, pytest.param((), marks=pytest.mark.soak)])
def test_the_contract_holds_behind_a_proxy(hosts: Hosts, groups: tuple[str, ...]) -> None:
    load()
    with closing(Broker(hosts.url, hosts.user, hosts.password)) as broker:
        failures = [
            failure
            for name, check in CHECKS.items()
            if name not in THE_PROXY_S_OWN and (not groups or name.partition(".")[0] in groups)
            for failure in run_check(check, Subject.of(broker, plan="application")).failures
        ]
    assert not failures, "\n" + explain(failures)


def test_every_step_of_the_migration_is_as_documented(platform: PlatformClient) -> None:
    walkthrough = MigrationWalkthrough(platform, name_suffix=f"-{uuid4().hex[:8]}")
    differing = [
        f"{step.command}: {what}, got {got}"
        for step in walkthrough.steps()
        for what, passed, got in step.checks
        if not passed
    ]
    assert differing == []
