"""``/token_keys`` and ``/token_key``: the public halves of the signing keys (O-90)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

if TYPE_CHECKING:
    from broker.oauth.zones import RequestZone
    from broker.tokens.signing import KeyRing

_MAX_AGE_SECONDS = 300


def add_key_endpoints(blueprint: Blueprint, keys: KeyRing, zone: RequestZone) -> None:
    """Serve the key set and the current key without authentication; all zones share the keys."""

    @blueprint.get("/token_keys", strict_slashes=False)
    def token_keys() -> Response:
        zone.subdomain()
        zone.require_known_zid()
        return public({"keys": [dict(key.jwk) for key in keys.published()]})

    @blueprint.get("/token_key", strict_slashes=False)
    def token_key() -> Response:
        zone.subdomain()
        zone.require_known_zid()
        return public(dict(keys.current().jwk))


def public(body: dict[str, object]) -> Response:
    """Return public JSON that clients may cache for ``_MAX_AGE_SECONDS``."""
    response = jsonify(body)
    response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
