"""The parameters of a request to the token service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from broker.errors import GrantRefused
from broker.request_body import read_body

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = "application/x-www-form-urlencoded"

_TOKEN_PARAMETERS = frozenset(
    {"grant_type", "response_type", "token_format", "scope", "authorities", "login_hint"}
    | {"client_id", "client_secret", "client_assertion", "client_assertion_type"}
    | {"username", "password", "passcode", "assertion", "refresh_token", "token"}
    | {"code", "code_verifier", "redirect_uri"}
)
"""Parameters of token requests, which belong in the body."""


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


def refuse_query(form: Mapping[str, str]) -> None:
    """Raise GrantRefused if the query has the token parameters that the form lacks (O-21).

    A form with a grant type is a complete request, whatever the query contains.
    """
    if "grant_type" not in form and any(request.args.get(each) for each in _TOKEN_PARAMETERS):
        raise GrantRefused(
            "query_string_not_allowed", "Parameters must be passed in the body of the request"
        )


def require_form() -> None:
    """Raise GrantRefused if the request has a body that is not a form."""
    if request.content_length and request.mimetype != FORM:
        raise GrantRefused("invalid_request", f"The body must be {FORM}")
