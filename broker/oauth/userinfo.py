"""``/userinfo``: the user of an access token, as currently stored (I-104, O-115, O-117)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from broker.oauth.form import form_parameters
from broker.oauth.response import json_response
from broker.tokens.id_token import OPENID
from broker.tokens.user_info import user_info

if TYPE_CHECKING:
    from broker.oauth.protected_endpoints import Callers

_PREFLIGHT_SECONDS = 1_728_000


def add_userinfo(blueprint: Blueprint, callers: Callers) -> None:
    """Serve the claims of users to clients that present a user's token with scope ``openid``."""

    @blueprint.route("/userinfo", methods=["GET", "POST"], strict_slashes=False)
    def userinfo() -> Response:
        form_parameters()
        user, scopes = callers.user(OPENID)
        return json_response(HTTPStatus.OK, user_info(user, scopes)).to_flask()

    @blueprint.after_request
    def share(response: Response) -> Response:
        """Let applications in browsers read the response: it depends on the token alone."""
        if request.endpoint == f"{blueprint.name}.{userinfo.__name__}":
            response.headers["Access-Control-Allow-Origin"] = "*"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST"
                response.headers["Access-Control-Allow-Headers"] = "Authorization"
                response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
        return response
