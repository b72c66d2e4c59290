"""Errors of endpoints for browsers: a page, or the JSON of O-25 for other clients (I-100a)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import singledispatch
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Response, request

from broker.compact_json import compact_json
from broker.errors import BrokerError, Busy, TooManyFailures, ZoneNotFound
from broker.login.pages.later import BUSY_SECONDS
from broker.login.pages.problems import Problem
from broker.login.pages.views import ErrorPage
from broker.logs.requests import correlation_id
from broker.logs.structured import add_to_subject

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug.exceptions import HTTPException

    from broker.login.pages.rendering import Pages

_log = structlog.get_logger(__name__)

_MAX_DETAIL = 300


class PageError(BrokerError):
    """A request of a browser fails with a page that describes the problem."""

    def __init__(
        self,
        problem: Problem,
        detail: str,
        *,
        status: HTTPStatus | None = None,
        zone_name: str = "",
        retry_after: int | None = None,
    ) -> None:
        """``detail``: the English text for developers; it may contain text of the client.

        ``status`` replaces that of the problem; ``retry_after`` is in seconds.
        """
        self.problem = problem
        self.status = status or problem.status
        self.zone_name = zone_name
        self.retry_after = retry_after
        super().__init__(_bounded(detail))


def foreign_form() -> PageError:
    """Return the error for a form that no page of this service has sent (I-92)."""
    return PageError(Problem.FOREIGN_FORM, "The form is not from a page of this service.")


def register_page_errors(blueprint: Blueprint, pages: Pages) -> None:
    """Map every BrokerError in the blueprint to a page or JSON."""

    @blueprint.errorhandler(BrokerError)
    def failed(error: BrokerError) -> Response:
        return error_response(pages, page_error(error))


def error_response(pages: Pages, error: PageError) -> Response:
    """Return the page, or the JSON object for a client that does not prefer HTML."""
    add_to_subject(refused=str(error.problem))
    response = _page(pages, error) if prefers_html() else _json(error)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def http_error(pages: Pages, error: HTTPException) -> Response:
    """Return the page for an error of the framework: unknown path, method, excessive size."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    problem = _PROBLEMS.get(status, Problem.INVALID_REQUEST)
    add_to_subject(refused=str(problem))
    response = _page(pages, PageError(problem, status.phrase, status=status))
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def prefers_html() -> bool:
    """Return whether the current request prefers HTML over JSON."""
    accepted = request.accept_mimetypes
    return accepted.best_match(("application/json", "text/html")) == "text/html"


_PROBLEMS = {
    HTTPStatus.NOT_FOUND: Problem.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Problem.METHOD_NOT_ALLOWED,
    HTTPStatus.INTERNAL_SERVER_ERROR: Problem.SERVER_ERROR,
}


@singledispatch
def page_error(error: BrokerError) -> PageError:
    """Return the error as the page shows it."""
    _log.error("login service unavailable", exc_info=error)
    return _try_later()


@page_error.register
def _page_error(error: PageError) -> PageError:
    return error


@page_error.register
def _busy(_: Busy) -> PageError:
    return _try_later()


@page_error.register
def _too_many_failures(error: TooManyFailures) -> PageError:
    return PageError(Problem.TOO_MANY_ATTEMPTS, str(error), retry_after=error.retry_after)


@page_error.register
def _unknown_zone(error: ZoneNotFound) -> PageError:
    return PageError(Problem.UNKNOWN_ZONE, str(error))


def _try_later() -> PageError:
    return PageError(Problem.BUSY, "Try again later", retry_after=BUSY_SECONDS)


def _page(pages: Pages, error: PageError) -> Response:
    page = ErrorPage(
        zone_name=error.zone_name,
        problem=error.problem,
        detail=str(error),
        correlation_id=correlation_id(),
        time=datetime.now(UTC),
    )
    return pages.response(page, status=error.status)


def _json(error: PageError) -> Response:
    body = {"error": error.problem.code, "error_description": str(error)}
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(
        compact_json(body), error.status, headers, content_type="application/json;charset=UTF-8"
    )


def _bounded(text: str) -> str:
    """Return the beginning of the text, with control characters replaced."""
    short = text if len(text) <= _MAX_DETAIL else f"{text[:_MAX_DETAIL]}…"
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in short)
