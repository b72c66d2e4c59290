"""The status codes and error codes of problems (I-60 to I-64, I-100a)."""

from __future__ import annotations

import pytest

from broker.login.pages.problems import Problem


@pytest.mark.parametrize(
    ("problem", "status", "code"),
    [
        (Problem.INVALID_REQUEST, 400, "invalid_request"),
        (Problem.UNKNOWN_APPLICATION, 400, "invalid_client"),
        (Problem.UNKNOWN_ZONE, 404, "not_found"),
        (Problem.NO_BROWSER_LOGON, 400, "unauthorized_client"),
        (Problem.REDIRECT, 400, "invalid_request"),
        (Problem.TOO_MANY_ATTEMPTS, 429, "too_many_requests"),
        (Problem.BUSY, 503, "temporarily_unavailable"),
        (Problem.PROVIDER_FAILED, 502, "server_error"),
    ],
)
def test_problems_have_a_status_and_a_code(problem: Problem, status: int, code: str) -> None:
    assert (problem.status, problem.code) == (status, code)


def test_every_problem_is_an_error() -> None:
    assert all(400 <= problem.status < 600 for problem in Problem)
