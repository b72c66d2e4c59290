"""A line of the log names the request that it is about, and no other."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING

from flask import Flask

from broker.logs.requests import log_requests
from broker.logs.structured import NamedLogger, complete_line
from broker.oauth.token.batch import TokenRequest

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = {"X-Correlation-ID": "mine"}


def named_in_a_line() -> object:
    """Return what a line that is logged now has for a correlation id."""
    return complete_line(NamedLogger("library", 1), "info", {"event": "e"}).get("correlation_id")


def test_a_thread_that_has_answered_names_no_request() -> None:
    app, during = Flask("test"), []

    @app.get("/")
    def answer() -> str:
        during.append(named_in_a_line())
        return ""

    @app.get("/failing")
    def fail() -> str:
        during.append(named_in_a_line())
        raise ZeroDivisionError

    log_requests(app)

    def ask() -> object:
        client = app.test_client()
        client.get("/", headers=HEADER)
        client.get("/failing", headers=HEADER)
        return named_in_a_line()

    assert where_nothing_was_asked(ask) is None
    assert during == ["mine", "mine"]


def test_a_token_request_is_named_in_its_own_context_only() -> None:
    def ask() -> tuple[object, object]:
        request = TokenRequest({"HTTP_X_CORRELATION_ID": "mine"}, {})
        return request.context.run(named_in_a_line), named_in_a_line()

    assert where_nothing_was_asked(ask) == ("mine", None)


def where_nothing_was_asked(task: Callable[[], object]) -> object:
    """Do it as a thread that has served nobody yet."""
    return Context().run(task)
