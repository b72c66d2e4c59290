"""Batched token requests: each gets its own response, regardless of the others."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import AuthenticationFailed, StoreUnavailable
from broker.oauth.observer import Observers
from broker.oauth.response import json_response
from broker.oauth.token.batch import Endpoints, Kind, TokenBatch, TokenRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from broker.oauth.response import OAuthResponse

    Serve = Callable[..., list[OAuthResponse]]

TOGETHER = 4
ENVIRON = {"PATH_INFO": "/oauth/token", "REQUEST_METHOD": "POST"}


def a_request(name: str) -> TokenRequest:
    """Return a request for a token, or an introspection if its name begins with ``about``."""
    kind = Kind.INTROSPECTION if name.startswith("about") else Kind.TOKEN
    return TokenRequest(kind, ENVIRON, {"name": name})


@dataclass
class Endpoint:
    """Responds with the request's own data; ``go_on`` delays the first lookup."""

    go_on: threading.Event = field(default_factory=threading.Event)
    looked_up: list[list[str]] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    failure: Exception | None = None
    observer: Any = field(default_factory=lambda: Observers([]))

    @property
    def authentication(self) -> Endpoint:
        return self

    def read(self, _: Any, form: dict[str, str]) -> str:
        return form["name"]

    def look_up(self, attempts: Sequence[str]) -> dict[str, str]:
        self.looked_up.append(list(attempts))
        self.go_on.wait(10)
        if self.failure:
            raise self.failure
        return {name: name.upper() for name in attempts}

    def client_of(self, attempt: str, looked_up: dict[str, str]) -> str:
        self.decided.append(attempt)
        if attempt == "hanging":
            raise StoreUnavailable("down")
        if attempt.endswith("unknown"):
            raise AuthenticationFailed("unknown client")
        return looked_up[attempt]

    def caller(self, attempt: str, looked_up: dict[str, str]) -> str:
        return self.client_of(attempt, looked_up)

    def introspect(self, caller: str, form: dict[str, str]) -> OAuthResponse:
        if form["name"] == "about broken":
            raise ZeroDivisionError
        return json_response(HTTPStatus.OK, {"active": caller})

    def grant(self, client: str, form: dict[str, str]) -> Granted:
        if form["name"] == "broken":
            raise ZeroDivisionError
        return Granted(client)

    def respond(self, signed: Signed) -> OAuthResponse:
        return json_response(HTTPStatus.OK, {"client": signed.client, "token": signed.token})


@dataclass
class Granted:
    """Stands in for the claims to sign."""

    client: str

    def signed(self) -> Signed:
        return Signed(self.client, f"token of {self.client}")


@dataclass
class Signed:
    """Stands in for a signed token."""

    client: str
    token: str


@pytest.fixture(params=["threads wait", "threads go on"])
def serve(request: pytest.FixtureRequest) -> Serve:
    """The two ways in which a server may call the batch."""
    return _serve_waiting if request.param == "threads wait" else _serve_later


def _serve_waiting(
    endpoint: Any, names: Sequence[str], answered: Any = lambda *_: None
) -> list[OAuthResponse]:
    """Serve requests that all arrive, in this order, during the first lookup."""
    batch = TokenBatch(Endpoints(endpoint, endpoint), answered, TOGETHER, lambda _: False)
    with ThreadPoolExecutor(len(names)) as pool:
        running = []
        for number, name in enumerate(names):
            running.append(pool.submit(batch.wait_for_response, a_request(name)))
            await_presence(endpoint, batch, number + 1)
        endpoint.go_on.set()
        return [each.result() for each in running]


def _serve_later(
    endpoint: Any, names: Sequence[str], answered: Any = lambda *_: None
) -> list[OAuthResponse]:
    """Do the same with two threads: one serves, the other adds all further requests."""
    batch = TokenBatch(Endpoints(endpoint, endpoint), answered, TOGETHER, lambda _: False)
    responses: list[TokenRequest] = []
    requests = [a_request(name) for name in names]
    with ThreadPoolExecutor(1) as pool:
        batch.enqueue(requests[0], responses.append)
        needed = [batch.needs_thread]
        serving = pool.submit(batch.serve_waiting)
        await_presence(endpoint, batch, 1)
        for request in requests[1:]:
            batch.enqueue(request, responses.append)
        needed.append(batch.needs_thread)
        assert needed == [True, False]
        assert not responses
        endpoint.go_on.set()
        serving.result()
    assert responses == requests
    return [each.final_response for each in requests]


def await_presence(endpoint: Any, batch: TokenBatch, number: int) -> None:
    while len(endpoint.looked_up) + len(batch._waiting) < number:
        time.sleep(0.001)


def test_requests_are_served_together_in_their_order(serve: Serve) -> None:
    endpoint, names = Endpoint(), [f"r{number}" for number in range(10)]
    answers = serve(endpoint, names)
    assert endpoint.looked_up == [names[:1], names[1:5], names[5:9], names[9:]]
    for name, answer in zip(names, answers, strict=True):
        client = name.upper()
        assert json.loads(answer.body) == {"client": client, "token": f"token of {client}"}


def test_introspections_are_served_among_tokens(serve: Serve) -> None:
    endpoint, names = Endpoint(), ["about a", "b", "about broken", "about unknown", "c"]
    observed: list[tuple[str, int]] = []
    answers = serve(endpoint, names, lambda name, status, _: observed.append((name, status)))
    assert [answer.status for answer in answers] == [200, 200, 500, 401, 200]
    assert json.loads(answers[0].body) == {"active": "ABOUT A"}
    assert json.loads(answers[1].body) == {"client": "B", "token": "token of B"}
    assert sorted(observed) == [
        ("introspect", 200),
        ("introspect", 401),
        ("introspect", 500),
        ("token", 200),
        ("token", 200),
    ]


def test_each_batch_is_recorded_before_it_is_served() -> None:
    endpoint, recorded = Endpoint(), list[int]()
    endpoint.go_on.set()
    batch = TokenBatch(
        Endpoints(endpoint, endpoint),  # type: ignore[arg-type]  # stands in for the real ones
        lambda *_: None,
        TOGETHER,
        lambda _: False,
        lambda: recorded.append(len(endpoint.looked_up)),
    )
    for number in range(TOGETHER + 1):
        batch.enqueue(a_request(str(number)), lambda _: None)
    batch.serve_waiting()
    assert recorded == [0, 1]


@pytest.mark.parametrize(
    ("failure", "status", "look_ups"),
    [(StoreUnavailable("down"), 503, 1), (ZeroDivisionError(), 500, 3)],
)
def test_a_failed_look_up_is_everyone_s_failure(
    serve: Serve, failure: Exception, status: int, look_ups: int
) -> None:
    """Later requests do not wait again for a database that hangs."""
    endpoint = Endpoint(failure=failure)
    answers = serve(endpoint, [f"r{number}" for number in range(7)])
    assert [answer.status for answer in answers] == [status] * 7
    assert len(endpoint.looked_up) == look_ups


def test_a_database_that_hung_is_not_queried_for_the_next_request(serve: Serve) -> None:
    endpoint = Endpoint()
    answers = serve(endpoint, ["a", "b", "hanging", "c", "d", "e"])
    assert [answer.status for answer in answers] == [200, 200, 503, 503, 503, 503]
    assert endpoint.decided == ["a", "b", "hanging"]


def test_no_request_harms_those_beside_it(serve: Serve) -> None:
    answers = serve(Endpoint(), ["first", "broken", "a", "unknown", "b", "broken", "c"])
    assert [answer.status for answer in answers] == [200, 500, 200, 401, 200, 500, 200]
    assert json.loads(answers[1].body)["error"] == "server_error"


def test_no_request_waits_forever_if_the_batch_fails(serve: Serve) -> None:
    heard: list[int] = []

    def failing(_: str, status: int, __: float) -> None:
        heard.append(status)
        if len(heard) == 3:
            raise MemoryError

    endpoint, names = Endpoint(), [f"r{number}" for number in range(9)]
    answers = serve(endpoint, names, failing)
    assert [answer.status for answer in answers] == [200] * 9
    assert len(endpoint.looked_up) == 3
