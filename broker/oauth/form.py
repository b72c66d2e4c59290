"""The parameters of a request to the token service."""

from __future__ import annotations

from flask import request

from broker.errors import GrantRefused
from broker.request_body import read_body

FORM = "application/x-www-form-urlencoded"


def form_parameters() -> dict[str, str]:
    """Return the form's parameters; empty ones are treated as absent (O-20).

    The query, which ends up in access logs (O-21), and bodies of other content types are ignored.
    Raises GrantRefused for a repeated parameter, RequestEntityTooLarge for a long body.
    """
    read_body()
    if request.mimetype != FORM:
        return {}
    parameters: dict[str, str] = {}
    for name, values in request.form.lists():
        if len(values) > 1:
            raise GrantRefused("invalid_request", "Each parameter may occur only once")
        if values[0]:
            parameters[name] = values[0]
    return parameters


def require_form() -> None:
    """Raise GrantRefused if the request has a body that is not a form."""
    if request.content_length and request.mimetype != FORM:
        raise GrantRefused("invalid_request", f"The body must be {FORM}")
