"""A small application with sap-xssec.

Reads commands from standard input as one JSON list, carries them out in order, and prints
``{"answers": [...]}`` with one object for each.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sap import xssec

if TYPE_CHECKING:
    from collections.abc import Callable


def validate(
    credentials: dict[str, str], token: str, scopes: list[str], local_scopes: list[str]
) -> dict[str, Any]:
    """Return the library's result for a token."""
    context = xssec.create_security_context(token, credentials)
    return {
        "client_id": context.get_clientid(),
        "zone_id": context.get_zone_id(),
        "subaccount_id": context.get_subaccount_id(),
        "subdomain": context.get_subdomain(),
        "service_instance_id": context.get_clone_service_instance_id(),
        "grant_type": context.get_grant_type(),
        "logon_name": context.get_logon_name(),
        "given_name": context.get_given_name(),
        "family_name": context.get_family_name(),
        "email": context.get_email(),
        "has_attributes": context.has_attributes(),
        "origin": context.get_origin(),
        "expires": context.get_expiration_date().replace(tzinfo=UTC).timestamp(),
        "scopes": {name: context.check_scope(name) for name in scopes},
        "local_scopes": {name: context.check_local_scope(name) for name in local_scopes},
    }


def attributes(credentials: dict[str, str], token: str, names: list[str]) -> dict[str, Any]:
    """Return the user's attributes of these names, as the library reads them."""
    context = xssec.create_security_context(token, credentials)
    return {name: context.get_attribute(name) for name in names}


def exchange(validating: dict[str, str], token: str, requesting: dict[str, str]) -> dict[str, Any]:
    """Validate a token with one binding and request another token with another binding."""
    context = xssec.create_security_context(token, validating)
    return {"access_token": context.request_token_for_client(requesting)}


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    "attributes": attributes,
    "exchange": exchange,
    "validate": validate,
}


def answer(command: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Carry out one command."""
    try:
        return COMMANDS[command](**parameters)
    except Exception as error:  # noqa: BLE001 - whatever the library raises is the answer
        return {"error": type(error).__name__, "message": str(error)}


print(json.dumps({"answers": [answer(*command) for command in json.load(sys.stdin)]}))
