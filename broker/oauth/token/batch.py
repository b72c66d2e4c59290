"""The line of token requests: one thread serves all that have come, whoever brought them.

Most of a token's time are one signature and many little steps around it. Each takes longer right
after a signature, and threads that take turns wait for each other: steps of the same kind one after
the other, in one thread, take less (decisions 0026 and 0032).
"""

from __future__ import annotations

import math
import time
from collections import deque
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

import structlog

from broker.authentication.secret import NOTHING
from broker.errors import BrokerError, StoreUnavailable
from broker.logs.requests import begin_request, end_request
from broker.logs.structured import lines_together
from broker.oauth.errors import answer_to, unforeseen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.authentication.secret import LookedUp
    from broker.oauth.clients.authentication import Attempt
    from broker.oauth.response import Answer
    from broker.oauth.token.endpoint import Granted, TokenEndpoint
    from broker.tokens.grant import IssuedToken

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.0002
"""After several were served together: their answers leave, and their clients' next ones arrive."""


class TokenRequest:
    """A request with a proper form, from its arrival to its answer."""

    __slots__ = (
        *("environ", "form", "started", "correlation_id", "context", "wake"),
        *("attempt", "granted", "issued", "answer", "is_last"),
    )

    def __init__(self, environ: Mapping[str, Any], form: Mapping[str, str]) -> None:
        """``environ`` is WSGI's."""
        self.environ = environ
        self.form = form
        self.started = time.perf_counter()
        # Its own, so that the thread's next lines do not name it.
        self.context = copy_context()
        self.correlation_id = self.context.run(begin_request, environ)
        self.wake: Callable[[TokenRequest], object]
        self.attempt: Attempt
        self.granted: Granted
        self.issued: IssuedToken
        self.answer: Answer | None = None
        # Whether its connection should serve no further one.
        self.is_last = False

    @property
    def final_answer(self) -> Answer:
        """The answer, also if everything has failed that should have made one."""
        return self.answer or unforeseen()


class TokenBatch:
    """Answers token requests in the order in which they came."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        answered: Callable[[str, int, float], None],
        together: int,
        should_close_connection: Callable[[int], bool],
    ) -> None:
        """``answered`` hears of each request: the endpoint's name, status, and seconds it took.

        ``together`` is how many requests are served together at most: all of them wait until the
        last one is signed. Only one alone asks the database in its own context, as tracing needs
        it. ``should_close_connection`` hears how many requests are here, and tells whether that is
        one too many.
        """
        self._endpoint = endpoint
        self._answered = answered
        self._together = together
        self._should_close_connection = should_close_connection
        self._serving = Lock()
        self._is_busy = False
        self._waiting: deque[TokenRequest] = deque()

    def join(self, request: TokenRequest, respond: Callable[[TokenRequest], object]) -> None:
        """Have the request answered, by this thread or by the one that is serving.

        ``respond`` is called with it once, by either of them, and must not fail. A thread that
        finds nobody serving does so until nobody waits.
        """
        request.wake = respond
        self._waiting.append(request)
        while self._waiting and self._serving.acquire(blocking=False):
            self._serve_next()

    def answer_to(self, request: TokenRequest) -> Answer:
        """Return the answer to the request, for servers whose threads have to wait for it."""
        turn = SimpleQueue[None]()
        request.wake = lambda _: turn.put(None)
        self._waiting.append(request)
        while request.answer is None:
            if self._serving.acquire(blocking=False):
                self._serve_next()
            else:
                # For its answer, or until nobody is serving any more.
                turn.get()
        if not self._serving.locked():
            with suppress(IndexError):
                following = self._waiting[0]
                following.wake(following)
        return request.answer

    def _serve_next(self) -> None:
        """Serve those who wait, and let somebody serve again."""
        if self._is_busy:
            time.sleep(_PAUSE_SECONDS)
        together = self._taken_along(self._together)
        self._is_busy = len(together) > 1
        try:
            if together:
                together[0].is_last = self._should_close_connection(
                    len(together) + len(self._waiting)
                )
                with lines_together():
                    self._serve(together)
        except Exception as error:  # noqa: BLE001 - whoever has no answer yet gets that one
            _log.error("unforeseen error", exc_info=error)
        finally:
            for request in together:
                request.answer = request.final_answer
                request.wake(request)
            self._serving.release()

    def _taken_along(self, most: float) -> list[TokenRequest]:
        together: list[TokenRequest] = []
        with suppress(IndexError):
            while len(together) < most:
                together.append(self._waiting.popleft())
        return together

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
            together += self._taken_along(math.inf)
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
        status = request.final_answer.status
        seconds = time.perf_counter() - request.started
        end_request(request.environ, status, seconds)
        self._answered("token", status, seconds)


def _fail(_: TokenRequest, error: Exception) -> None:
    raise error


def _sign(request: TokenRequest) -> None:
    request.issued = request.granted.token.signed()
