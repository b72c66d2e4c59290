"""For any request to the ten calls, the document and the platforms allow the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from tests.fuzz.generated_requests import (
    any_requests,
    load_document,
    operations_of,
    seldom,
)
from tests.fuzz.judge import CONFORMANCE, Judge
from tests.support.referee import verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import Server

    Case = schemathesis.Case[Any]

SEED = 1
# Calls that any short run reaches; in a long run every call must succeed.
CERTAIN = {("catalog", 200), ("provision", 201), ("bind", 201)}
SUCCESSES = {
    ("catalog", 200),
    ("provision", 200),
    ("provision", 201),
    ("fetchInstance", 200),
    ("update", 200),
    ("deprovision", 200),
    ("pollInstance", 200),
    ("bind", 200),
    ("bind", 201),
    ("fetchBinding", 200),
    ("unbind", 200),
    ("pollBinding", 200),
}


def referee(
    _context: schemathesis.CheckContext, response: schemathesis.Response, _case: Case
) -> None:
    """The rules of the platforms, as a check."""
    sent = response.request
    broken = verdict(
        sent.method or "",
        sent.path_url,
        sent.headers,
        response.status_code,
        {name: values[0] for name, values in response.headers.items()},
        response.content,
    )
    assert not broken, "\n".join(broken)


CHECKS = [*CONFORMANCE, referee]


def judge_of(server: Server) -> Judge:
    """Return a judge of the responses to the platform of the server."""
    return Judge(server.url, CHECKS, auth=(server.user, server.password))


@pytest.fixture
def judge(server: Server) -> Judge:
    """A judge of the server's responses."""
    return judge_of(server)


def test_the_limits_of_every_parameter(servers: Callable[[str], Server]) -> None:
    """The document's own cases: each limit kept and each violated."""
    judge = judge_of(servers("sqlite"))
    document = load_document()
    for operation in operations_of(document):
        for case in document.iter_coverage_cases(
            operation,
            generation_modes=list(GenerationMode),
            generation_config=document.config.generation,
        ):
            judge.send(case)
    assert sum(judge.statuses.values()) > 500


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # which refuses more values
def test_any_requests_in_any_order(judge: Judge) -> None:
    send_any_requests(judge, 200, SEED)
    assert set(judge.statuses) >= CERTAIN


@pytest.mark.soak
def test_any_requests_in_any_order_at_length(judge: Judge, request: pytest.FixtureRequest) -> None:
    send_any_requests(judge, 2600, request.config.getoption("randomly_seed", SEED))
    assert set(judge.statuses) >= SUCCESSES


def send_any_requests(judge: Judge, count: int, number: int) -> None:
    print(f"hypothesis.seed({number})")

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        # The response depends on all earlier requests: a shrunk example would not fail.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=any_requests(load_document()), anonymous=seldom)
    def send(case: Case, *, anonymous: bool) -> None:
        judge.send(case, authenticated=not anonymous)

    send()
