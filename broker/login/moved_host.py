"""Redirects from the host of the zone from which a split moved a client (D-53)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from flask import request

from broker.login.authorization.client_host import HostMoved
from broker.login.authorization.response import redirect_to

if TYPE_CHECKING:
    from flask import Blueprint, Response


def redirect_moved_hosts(blueprint: Blueprint) -> None:
    """Redirect requests at a former host to the same path at the host of the client's zone.

    A form is repeated there with its body (307): an id token in it never gets into a URL.
    """

    @blueprint.errorhandler(HostMoved)
    def moved(error: HostMoved) -> Response:
        query = urlencode(list(request.args.items(multi=True)), quote_via=quote)
        uri = f"{error.origin}{request.path}" + (f"?{query}" if query else "")
        is_form = request.method == "POST"
        return redirect_to(uri, HTTPStatus.TEMPORARY_REDIRECT if is_form else HTTPStatus.FOUND)
