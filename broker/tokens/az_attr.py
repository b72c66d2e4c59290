"""The parameter ``authorities``: attributes that a client adds to its own token (O-62)."""

from __future__ import annotations

import json

import structlog

_log = structlog.get_logger(__name__)


def additional_attributes(authorities: str) -> dict[str, str]:
    """Return the object ``az_attr`` of the JSON text, with its values as strings.

    As in UAA, text that is not of the form ``{"az_attr": {"name": "value"}}`` is ignored; numbers
    and booleans become their JSON text.
    """
    if not authorities:
        return {}
    try:
        attributes = json.loads(authorities)["az_attr"]
        return {name: _text(value) for name, value in attributes.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        _log.info("parameter authorities ignored: no az_attr object of names and values")
        return {}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise TypeError(type(value).__name__)
