"""Forms that are shown again (I-15, I-19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Response

from broker.errors import Busy, TooManyFailures
from broker.login.pages.language import Texts
from broker.login.pages.later import form_for_later

if TYPE_CHECKING:
    from broker.login.pages.views import Message


def shown(message: Message, status: int) -> Response:
    return Response(Texts("en").of(message), status)


@pytest.mark.parametrize(
    ("error", "status", "retry_after", "text"),
    [
        (Busy("full"), 503, "1", "The service is busy at the moment."),
        (TooManyFailures(45), 429, "45", "Try again in 45 seconds."),
    ],
)
def test_the_form_states_when_to_repeat(
    error: Busy | TooManyFailures, status: int, retry_after: str, text: str
) -> None:
    response = form_for_later(error, shown)
    assert (response.status_code, response.headers["Retry-After"]) == (status, retry_after)
    assert text in response.get_data(as_text=True)
