"""What precedes and follows every handler: authentication, limits, body, errors, response."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from flask import Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from broker.api.bearer import has_bearer, require_one_of
from broker.api.failures import (
    Failure,
    failure_of,
    http_failure,
    rest_body,
    too_many,
    unauthenticated,
)
from broker.api.models import adapter, parse_body
from broker.api.parameters import query_values, raw_path
from broker.api.request import ApiRequest
from broker.api.unrouted import unrouted
from broker.compact_json import compact_json
from broker.errors import BrokerError
from broker.logs.requests import correlation_id
from broker.request_body import read_body
from broker.runtime.deadline import clear_deadline, set_deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from flask import Flask

    from broker.api.bearer import Bearers
    from broker.api.rates import Rates
    from broker.api.request import Caller, Services
    from broker.api.route import Reply, Route
    from broker.api.routing import Match, Router
    from broker.runtime.turn import Turn

PREFIXES = ("/sap/rest/", "/Users/", "/Groups/", "/credentials/")
MAX_BODY_BYTES = 1_048_576
MAX_HEADER_BYTES = 16_384

_ANYONE = 0
"""In place of the row ids of zone and client: all requests without token share their limits."""

JSON = "application/json;charset=UTF-8"


def needs_no_body(target: str, authorization: str, length: int) -> bool:
    """Return whether a request to these APIs is refused whatever its body is.

    ``target`` is the path with the query, ``length`` the announced bytes, 0 if unknown.
    """
    path = target.partition("?")[0]
    if not f"{path}/".startswith(PREFIXES):
        return False
    return length > MAX_BODY_BYTES or not has_bearer(authorization)


class Slots(Protocol):
    """Limits the requests that use the database."""

    def slot(self, owner: int, /) -> AbstractContextManager[bool]:
        """Occupy a slot within; raise Busy without one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Keeps these requests from delaying others, like grants of users (D-50).

    ``seconds``: time of a request, all its waits included.
    """

    slots: Slots
    turn: Turn
    seconds: int
    rates: Rates

    @contextmanager
    def admitted(self, owner: int) -> Iterator[None]:
        """Run a request of the client with this row id within; raise Busy without a slot."""
        set_deadline(self.seconds)
        try:
            with self.slots.slot(owner), self.turn.held():
                yield
        finally:
            clear_deadline()


@dataclass(frozen=True, slots=True)
class AdministrationApi:
    """Handles the requests below ``PREFIXES``."""

    router: Router
    services: Services
    bearers: Bearers
    limits: Limits

    def add_to(self, app: Flask) -> None:
        """Handle these requests before the framework, which decodes paths before it routes."""

        @app.before_request
        def administration_api() -> Response | None:
            is_own = f"{request.path}/".startswith(PREFIXES)
            return self.response() if is_own else None

    def response(self) -> Response:
        """Return the response to the current request."""
        error_body: Callable[[Failure], Mapping[str, Any]] = rest_body
        try:
            _require_short_headers()
            path = raw_path(request.environ, request.method)
            matches = self.router.matches(path)
            match = _chosen(matches, request.method)
            if match is not None:
                error_body = match.route.error_body
                if match.route.is_public:
                    return self._handled(None, match)
            with self.limits.turn.held():
                caller = self.bearers.caller(request.environ, correlation_id())
            if caller is None:
                return _failed(unauthenticated(), error_body)
            if match is None:
                return unrouted(matches, path)
            return self._handled(caller, match)
        except BrokerError as error:
            return _failed(failure_of(error), error_body)
        except HTTPException as error:
            return _failed(http_failure(error), error_body)

    def _handled(self, caller: Caller | None, match: Match) -> Response:
        route = match.route
        zone, owner = _ANYONE, _ANYONE
        if caller is not None:
            require_one_of(caller, route.scopes)
            zone, owner = caller.client.zone.row_id, caller.client.row_id
        if wait := self.limits.rates.wait(request.path, zone):
            return _failed(too_many(wait), route.error_body)
        with self.limits.admitted(owner):
            reply = route.handler(
                self.services,
                ApiRequest(
                    caller,
                    match.parameters,
                    query_values(route.query, request.args),
                    {each.name: request.headers.get(each.name, "") for each in route.headers},
                    _body(route),
                ),
            )
            return _succeeded(route, reply)


def _chosen(matches: Mapping[str, Match], method: str) -> Match | None:
    # A HEAD has the effects of a GET: none.
    return matches.get("GET" if method == "HEAD" else method)


def _body(route: Route) -> Any:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        # The length that the client announces is enough to refuse.
        raise RequestEntityTooLarge
    if route.request is None:
        return None
    data = read_body(cache=False)
    if len(data) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    return parse_body(data, route.request)


def _require_short_headers() -> None:
    size = sum(
        len(name) + len(value)
        for name, value in request.environ.items()
        # Proxies add certificates to the client's headers.
        if name.startswith("HTTP_") and not name.startswith("HTTP_X_FORWARDED_")
    )
    if size > MAX_HEADER_BYTES:
        raise HeadersTooLarge


class HeadersTooLarge(HTTPException):
    """The headers of the request have more than 16 KB."""

    code = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


def _succeeded(route: Route, reply: Reply) -> Response:
    status = route.status if reply.status is None else reply.status
    data = b""
    if reply.body is not None:
        data = adapter(route.response).dump_json(
            reply.body, by_alias=True, exclude_none=not route.explicit_nulls
        )
    response = Response(data, status, content_type=JSON if data else None)
    if not data:
        del response.headers["Content-Type"]
    response.headers.extend(reply.headers)
    return response


def _failed(failure: Failure, error_body: Callable[[Failure], Mapping[str, Any]]) -> Response:
    response = Response(compact_json(error_body(failure)), failure.status, content_type=JSON)
    response.headers.extend(failure.headers)
    return response
