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
    return _response(url, HTTPStatus.SEE_OTHER)


def _redirect(target: Target, parameters: dict[str, str], issuer: str) -> Response:
    state = {} if target.state is None else {"state": target.state}
    query = urlencode({**parameters, **state, "iss": issuer}, quote_via=quote)
    separator = "&" if "?" in target.uri else "?"
    # UAA sends 302 from the endpoint; after a form, 303 tells the browser not to repeat it.
    is_form = request.method == "POST" and request.path != "/oauth/authorize"
    status = HTTPStatus.SEE_OTHER if is_form else HTTPStatus.FOUND
    return _response(f"{target.uri}{separator}{query}", status)


def _response(url: str, status: HTTPStatus) -> Response:
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return _Redirect(status=status, headers=headers)


class _Redirect(Response):
    """A redirect to the string as given (I-70): the framework would normalise it."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers
