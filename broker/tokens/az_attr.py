"""The parameter ``authorities``: attributes that a client adds to its own token (O-62)."""

from __future__ import annotations

import json
import re

import structlog

from broker.errors import GrantRefused
from broker.json_text.reader import MalformedJson, read_json

_log = structlog.get_logger(__name__)

MAX_LENGTH = 65_536
"""Characters; no token has room for so many, and reading a longer text takes a second."""


def additional_attributes(authorities: str) -> dict[str, str]:
    """Return the object ``az_attr`` of the JSON text, with its values as strings.

    As in UAA, text that is not of the form ``{"az_attr": {"name": "value"}}`` is ignored; numbers
    and booleans become their JSON text. Raises GrantRefused for ambiguous JSON, and for a text
    longer than ``MAX_LENGTH``.
    """
    if not authorities:
        return {}
    if len(authorities) > MAX_LENGTH:
        raise GrantRefused(
            "invalid_request",
            f"authorities has {len(authorities)} characters; at most {MAX_LENGTH}",
        )
    try:
        attributes = read_json(authorities)["az_attr"]
        return {name: _text(value) for name, value in attributes.items()}
    except MalformedJson as error:
        if error.is_ambiguous:
            raise GrantRefused("invalid_request", _shown(f"authorities: {error}")) from None
        _log.info("parameter authorities ignored: no JSON")
        return {}
    except (LookupError, TypeError, AttributeError):
        _log.info("parameter authorities ignored: no az_attr object of names and values")
        return {}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise TypeError(type(value).__name__)


def _shown(text: str) -> str:
    # RFC 6749 section 5.2 allows neither quotes nor backslashes in descriptions.
    return re.sub(r"[^ !#-\[\]-~]", "'", text)
