"""Forms that are shown again because the request was not processed: 429, 503 (I-15, I-19)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.errors import TooManyFailures
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from broker.errors import Busy

BUSY_SECONDS: Final = 1
"""When a client may repeat a request that a busy service refused."""


def form_for_later(
    error: Busy | TooManyFailures, form: Callable[[Message, int], Response]
) -> Response:
    """Return the form with the reason, its status and ``Retry-After``.

    ``form`` returns the page with a message and a status.
    """
    if isinstance(error, TooManyFailures):
        seconds, status = error.retry_after, HTTPStatus.TOO_MANY_REQUESTS
        message = Message("login.too_many", {"seconds": seconds})
    else:
        seconds, status = BUSY_SECONDS, HTTPStatus.SERVICE_UNAVAILABLE
        message = Message("login.busy")
    response = form(message, status)
    response.headers["Retry-After"] = str(seconds)
    return response
