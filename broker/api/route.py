"""One operation of the administration APIs, as the table lists it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal

from broker.api.failures import rest_body

if TYPE_CHECKING:
    from broker.api.failures import Failure
    from broker.api.request import ApiRequest, Services

Handler = Callable[["Services", "ApiRequest"], "Reply"]

PUBLIC: Final[tuple[str, ...]] = ("",)
"""The scopes of a route that requires no token."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter; others are ignored. An absent one is ``default``."""

    name: str
    type: Literal["boolean", "integer", "string"] = "string"
    default: str | int | bool | None = None
    maximum: int = 2**31 - 1
    """Of an integer; it is at least 0."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header that the handler reads; an absent one is ''."""

    name: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler returns; ``body`` has the type ``response`` of its route, None for no body.

    ``status`` None stands for the status of the route.
    """

    body: Any = None
    status: HTTPStatus | None = None
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An operation.

    ``scopes``: one of them is required. ``request`` and ``response``: types of the bodies, models
    or lists of models; None for none. ``status`` is that of success, ``failures`` are the others
    besides 400, 401, 403, 409, 413, 429, 431 and 503. ``explicit_nulls``: whether absent values are
    null in the response, instead of left out.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    operation_id: str
    summary: str
    scopes: tuple[str, ...]
    handler: Handler
    request: Any = None
    response: Any = None
    status: HTTPStatus = HTTPStatus.OK
    failures: tuple[HTTPStatus, ...] = ()
    query: tuple[Query, ...] = ()
    headers: tuple[Header, ...] = ()
    tag: str
    explicit_nulls: bool = False
    error_body: Callable[[Failure], Mapping[str, Any]] = rest_body

    @property
    def is_public(self) -> bool:
        """Whether the route requires no token."""
        return self.scopes == PUBLIC


@dataclass(frozen=True, slots=True)
class Family:
    """What the routes of a family have in common."""

    tag: str
    read: tuple[str, ...]
    write: tuple[str, ...]

    def get(
        self, path: str, operation_id: str, summary: str, handler: Handler, **more: Any
    ) -> Route:
        """Return a route that reads; ``more`` are further fields of ``Route``."""
        return Route(
            method="GET",
            path=path,
            operation_id=operation_id,
            summary=summary,
            handler=handler,
            **({"tag": self.tag, "scopes": self.read} | more),
        )

    def change(
        self,
        method: Literal["POST", "PUT", "PATCH", "DELETE"],
        path: str,
        operation_id: str,
        summary: str,
        handler: Handler,
        **more: Any,
    ) -> Route:
        """Return a route that changes something."""
        return Route(
            method=method,
            path=path,
            operation_id=operation_id,
            summary=summary,
            handler=handler,
            **({"tag": self.tag, "scopes": self.write} | more),
        )
