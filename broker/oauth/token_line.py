"""The line of token requests: whoever is at its head serves all that have come, with its own.

Most of a token's time are one signature and many little steps around it. Each takes longer right
after a signature, and threads that take turns wait for each other: steps of the same kind one after
the other, in one thread, take less (decision 0026).
"""

from __future__ import annotations

import math
import time
from collections import deque
from contextlib import suppress
from contextvars import copy_context
from threading import Lock
from typing import TYPE_CHECKING, Any

import structlog

from broker.credentials.authenticate import NOTHING
from broker.errors import BrokerError, StoreUnavailable
from broker.oauth.errors import answer_to, unforeseen
from broker.observability.request_log import begin_request, end_request
from broker.telemetry import lines_together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.credentials.authenticate import LookedUp
    from broker.oauth.answer import Answer
    from broker.oauth.authentication import Attempt
    from broker.oauth.token import Granted, TokenEndpoint
    from broker.tokens.grant import IssuedToken

_log = structlog.get_logger(__name__)


class TokenRequest:
    """A request with a proper form, from its arrival to its answer."""

    __slots__ = (
        *("environ", "form", "started", "correlation_id", "context", "turn"),
        *("attempt", "granted", "issued", "answer"),
    )

    def __init__(self, environ: Mapping[str, Any], form: Mapping[str, str]) -> None:
        """``environ`` is WSGI's."""
        self.environ = environ
        self.form = form
        self.started = time.perf_counter()
        # Its own, so that the thread's next lines do not name it.
        self.context = copy_context()
        self.correlation_id = self.context.run(begin_request, environ)
        self.turn: Lock
        self.attempt: Attempt
        self.granted: Granted
        self.issued: IssuedToken
        self.answer: Answer | None = None


class TokenLine:
    """Answers token requests in the order in which they came."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        answered: Callable[[str, int, float], None],
        together: int,
    ) -> None:
        """``answered`` hears of each request: the endpoint's name, status, and seconds it took.

        ``together`` is how many requests are served together at most: all of them wait until the
        last one is signed. Only one alone asks the database in its own context, as tracing needs
        it.
        """
        self._endpoint = endpoint
        self._answered = answered
        self._together = together
        self._changing = Lock()
        self._is_served = False
        self._leaving = 0
        self._waiting: deque[TokenRequest] = deque()

    def answer_to(self, request: TokenRequest) -> Answer:
        """Return the answer, when it is this request's turn or another's thread has served it."""
        if not self._is_first(request):
            request.turn.acquire()
        try:
            if request.answer is None:
                self._serve_with_others(request)
        finally:
            self._leave()
        return request.answer or unforeseen()

    def _is_first(self, request: TokenRequest) -> bool:
        with self._changing:
            if self._is_served:
                request.turn = Lock()
                request.turn.acquire()
                self._waiting.append(request)
                return False
            self._is_served = True
            return True

    def _take_along(self, together: list[TokenRequest], most: float) -> None:
        with suppress(IndexError):
            while len(together) < most:
                together.append(self._waiting.popleft())

    def _serve_with_others(self, request: TokenRequest) -> None:
        together = [request]
        self._take_along(together, self._together)
        try:
            with lines_together():
                self._serve(together)
        finally:
            self._leaving = len(together)
            for served in together[1:]:
                served.answer = served.answer or unforeseen()
                served.turn.release()

    def _leave(self) -> None:
        """Have the next one serve as soon as all have left who were served.

        Otherwise these would wait for the interpreter until it has served.
        """
        with self._changing:
            self._leaving -= 1
            if self._leaving:
                return
            following = self._waiting.popleft() if self._waiting else None
            self._is_served = following is not None
        if following is not None:
            following.turn.release()

    def _serve(self, together: list[TokenRequest]) -> None:
        looked_up = self._look_up(together)
        for position, request in enumerate(together):
            # A certificate is looked up here, and what may have changed since it was last read.
            failure = self._take(self._decide, request, looked_up)
            if isinstance(failure, StoreUnavailable):
                self._fail_all(together, failure, position)
                break
        for request in together:
            self._take(_sign, request)
        for request in together:
            self._take(self._issue, request)
        for request in together:
            request.context.run(self._end, request)

    def _look_up(self, together: list[TokenRequest]) -> LookedUp:
        for request in together:
            self._take(self._read, request)
        attempts = [request.attempt for request in together if request.answer is None]
        ask = self._endpoint.authentication.look_up
        try:
            return together[0].context.run(ask, attempts) if len(together) == 1 else ask(attempts)
        except Exception as error:  # noqa: BLE001 - each request's own answer says so
            self._fail_all(together, error, 0)
            return NOTHING

    def _fail_all(self, together: list[TokenRequest], error: Exception, since: int) -> None:
        """Answer all since this one with its failure, and if it is the database's, also the line.

        They would wait for it after each other.
        """
        if isinstance(error, StoreUnavailable):
            self._take_along(together, math.inf)
        for request in together[since:]:
            self._take(_fail, request, error)

    def _take(
        self, step: Callable[..., None], request: TokenRequest, *further: object
    ) -> Exception | None:
        """Take a step of a request that has no answer yet; return what went wrong.

        The request has its answer then, and no client sees more of it.
        """
        if request.answer is not None:
            return None
        try:
            request.context.run(step, request, *further)
        except BrokerError as error:
            request.answer = request.context.run(answer_to, error, self._endpoint.observer)
            return error
        except Exception as error:  # noqa: BLE001 - as it says
            request.context.run(_log.error, "unforeseen error", exc_info=error)
            request.answer = unforeseen()
            return error
        return None

    def _read(self, request: TokenRequest) -> None:
        request.attempt = self._endpoint.authentication.read(request.environ, request.form)

    def _decide(self, request: TokenRequest, looked_up: LookedUp) -> None:
        client = self._endpoint.authentication.client_of(request.attempt, looked_up)
        request.granted = self._endpoint.grant(client, request.form)

    def _issue(self, request: TokenRequest) -> None:
        request.answer = self._endpoint.issue(request.granted, request.issued)

    def _end(self, request: TokenRequest) -> None:
        answer = request.answer or unforeseen()
        seconds = time.perf_counter() - request.started
        end_request(request.environ, answer.status, seconds)
        self._answered("token", answer.status, seconds)


def _fail(_: TokenRequest, error: Exception) -> None:
    raise error


def _sign(request: TokenRequest) -> None:
    request.issued = request.granted.token.signed()
