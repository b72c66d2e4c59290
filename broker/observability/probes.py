"""``/healthz`` and ``/readyz``, without authentication: names of checks and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, jsonify

from broker.runtime.bounded import Bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS = 0.8
"""For all checks together: a probe gets its response within a second, even if a check hangs."""


def probes(checks: Mapping[str, Callable[[], object]]) -> Blueprint:
    """Return the probes; the server is ready when no check raises or hangs."""
    blueprint = Blueprint("probes", __name__)
    # In this order, one after the other.
    results: dict[str, bool] = {}

    def run_checks() -> dict[str, bool]:
        results.clear()
        for name, check in checks.items():
            results[name] = _passes(name, check)
        return dict(results)

    bounded = Bounded(run_checks, _TIMEOUT_SECONDS)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        try:
            found = bounded()
        except TimeoutError:
            _log.warning("not ready", check="time", error="the checks timed out")
            found = dict.fromkeys(checks, False) | dict(results)
        response = jsonify({name: "ok" if passed else "failed" for name, passed in found.items()})
        if not all(found.values()):
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return response

    return blueprint


def _passes(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - any failure means not ready
        _log.warning("not ready", check=name, error=type(error).__name__)
        return False
    return True
