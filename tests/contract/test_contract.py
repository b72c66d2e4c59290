"""Every check against a real server with two workers of eight threads each."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.contract.broker import Broker
from tests.contract.expectations import Outcome
from tests.contract.proofs import find_proofs
from tests.contract.registry import CHECKS, load
from tests.contract.report import explain
from tests.contract.requirements import load_requirements
from tests.contract.runner import run_check
from tests.contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Server

load()
REASONS = load_requirements().reasons
OTHER_PROOFS = {requirement for requirement, proofs in find_proofs().items() if proofs.tests}

PLAN_DEPENDENT = ("bind", "deletion", "fetch", "platforms", "provision", "rotation", "update")
"""Modules of checks whose results may depend on the plan."""


@pytest.fixture(scope="session")
def broker(server: Server) -> Iterator[Broker]:
    """The server over HTTP, as other brokers are checked."""
    with closing(Broker(server.url, server.user, server.password)) as opened:
        yield opened


@pytest.mark.parametrize("name", CHECKS)
def test_plan_application(broker: Broker, name: str) -> None:
    """No check fails, and every requirement is checked or has a reason."""
    result = run_check(CHECKS[name], Subject.of(broker, plan="application"))
    assert not result.failures, "\n" + explain(result.failures)
    assert not result.left_behind
    for requirement in CHECKS[name].requirements:
        outcome = result.outcome(requirement)
        assert outcome is not None, f"nothing is expected of {requirement}"
        if outcome is Outcome.NOT_APPLICABLE:
            proven = requirement in OTHER_PROOFS
            assert proven or requirement in REASONS, f"no reason for {requirement}"
        else:
            assert requirement not in REASONS


@pytest.mark.parametrize("name", [name for name in CHECKS if name.startswith(PLAN_DEPENDENT)])
def test_plan_apiaccess(broker: Broker, name: str) -> None:
    """OSB-BIND-14: the same for the plan without parameters, whose bindings share no secret."""
    result = run_check(CHECKS[name], Subject.of(broker, plan="apiaccess"))
    assert not result.failures, "\n" + explain(result.failures)
    assert not result.left_behind
