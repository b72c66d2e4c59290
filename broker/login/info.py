"""``/info``, and ``/login`` as JSON: how command-line tools log users on (I-95, O-113)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from broker import __version__
from broker.compact_json import compact_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.addresses import Addresses
    from broker.clock import Clock

_JSON, _HTML = "application/json", "text/html"


@dataclass(frozen=True, slots=True)
class LoginInfo:
    """Describes the logon of the zone that the host name of the request identifies.

    ``subdomain`` returns the zone's, None for the shared host; it raises ZoneNotFound.
    """

    addresses: Addresses
    subdomain: Callable[[], str | None]
    clock: Clock

    def response(self) -> Response:
        """Return the description as JSON that pages of any origin may read (O-117)."""
        response = Response(compact_json(self._document()), HTTPStatus.OK, content_type=_JSON)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.vary.add("Accept")
        return response

    def _document(self) -> dict[str, Any]:
        subdomain = self.subdomain()
        origin = self.addresses.shared_url if subdomain is None else self.addresses.url(subdomain)
        passcode = f"Temporary Authentication Code ( Get one at {origin}/passcode )"
        return {
            "app": {"version": __version__},
            "links": {
                "uaa": origin,
                "login": origin,
                "passwd": f"{origin}/.well-known/change-password",
            },
            # UAA's name of the zone without a subdomain.
            "zone_name": subdomain or "uaa",
            "entityID": origin,
            "prompts": {
                "username": ["text", "User name"],
                "password": ["password", "Password"],
                "passcode": ["password", passcode],
            },
            "timestamp": self.clock.now().strftime("%Y-%m-%dT%H:%M:%S+0000"),
        }


def prefers_json() -> bool:
    """Return whether the request names JSON before HTML as acceptable; ``*/*`` means a page."""
    accepted = {value.partition(";")[0]: quality for value, quality in request.accept_mimetypes}
    return accepted.get(_JSON, 0) > accepted.get(_HTML, 0)


def add_info(blueprint: Blueprint, info: LoginInfo) -> None:
    """Serve ``/info``, which has no page."""

    @blueprint.get("/info", strict_slashes=False)
    def describe_logon() -> Response:
        return info.response()
