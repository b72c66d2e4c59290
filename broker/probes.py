"""``/healthz`` and ``/readyz``: names of checks and nothing else, for anybody."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, jsonify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = structlog.get_logger(__name__)


def probes(checks: Mapping[str, Callable[[], object]]) -> Blueprint:
    """Return the probes; the server is ready when no check raises."""
    blueprint = Blueprint("probes", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        results = {name: _passes(name, check) for name, check in checks.items()}
        response = jsonify({name: "ok" if passed else "failed" for name, passed in results.items()})
        if not all(results.values()):
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return response

    return blueprint


def _passes(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever it is, the server is not ready
        _log.warning("not ready", check=name, error=type(error).__name__)
        return False
    return True
