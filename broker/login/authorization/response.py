"""Responses to the client at its redirect URI (I-65, I-69, RFC 9207)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from flask import Response, request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers

    from broker.login.authorization.request import AuthorizationRefused
    from broker.login.authorization.target import Target

_MAX_DESCRIPTION = 300


def code_response(target: Target, code: str, issuer: str) -> Response:
    """Return the redirect with an authorization code."""
    return _redirect(target, {"code": code}, issuer)


def error_response(target: Target, error: AuthorizationRefused, issuer: str) -> Response:
    """Return the redirect with an error."""
    description = str(error)[:_MAX_DESCRIPTION]
    return _redirect(target, {"error": error.code, "error_description": description}, issuer)


def redirect_within(url: str) -> Response:
    """Return the redirect to a page of this server, which the browser opens with GET."""
    return redirect_to(url, HTTPStatus.SEE_OTHER)


def _redirect(target: Target, parameters: dict[str, str], issuer: str) -> Response:
    state = {} if target.state is None else {"state": target.state}
    query = urlencode({**parameters, **state, "iss": issuer}, quote_via=quote)
    separator = "&" if "?" in target.uri else "?"
    # UAA sends 302 from the endpoint; after a form, 303 tells the browser not to repeat it.
    is_form = request.method == "POST" and request.path != "/oauth/authorize"
    status = HTTPStatus.SEE_OTHER if is_form else HTTPStatus.FOUND
    return redirect_to(f"{target.uri}{separator}{query}", status)


class _AsGiven(Response):
    """A redirect to exactly this URI: the framework would change its spelling (I-70)."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers as they are sent."""
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


def redirect_to(uri: str, status: HTTPStatus) -> Response:
    """Return the redirect to a URI as given, which is printable ASCII."""
    headers = {"Location": uri, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return _AsGiven(status=status, headers=headers)
