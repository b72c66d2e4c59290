"""Log lines have the correlation id of their own request only."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING

from flask import Flask

from broker.logs.requests import log_requests
from broker.logs.structured import NamedLogger, complete_line
from broker.oauth.token.batch import Kind, TokenRequest

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = {"X-Correlation-ID": "mine"}


def named_in_a_line() -> object:
    """Return the correlation id of a line that is logged now."""
    return complete_line(NamedLogger("library", 1), "info", {"event": "e"}).get("correlation_id")


def test_after_a_response_the_thread_logs_no_correlation_id() -> None:
    app, during = Flask("test"), []

    @app.get("/")
    def response() -> str:
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


def test_a_token_request_is_logged_in_its_own_context_only() -> None:
    def ask() -> tuple[object, object]:
        request = TokenRequest(Kind.TOKEN, {"HTTP_X_CORRELATION_ID": "mine"}, {})
        return request.context.run(named_in_a_line), named_in_a_line()

    assert where_nothing_was_asked(ask) == ("mine", None)


def where_nothing_was_asked(task: Callable[[], object]) -> object:
    """Run the call in a thread that has not served a request yet."""
    return Context().run(task)
