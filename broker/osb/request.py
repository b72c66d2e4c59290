"""What every authenticated OSB request is checked for before its operation sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from broker.audit.actor import Actor, platform_actor
from broker.errors import InvalidRequest
from broker.osb import body, headers

if TYPE_CHECKING:
    from broker.osb.catalog import Catalog

PlanInUse = Callable[[Actor, str], str | None]

_FORMS = {"provision": body.PROVISION, "update": body.UPDATE, "bind": body.BIND}
_DELETES = frozenset({"deprovision", "unbind"})


def check_request(catalog: Catalog, longest_body: int, plan_in_use: PlanInUse) -> None:
    """Check the current request as far as its form goes, and note its caller and its body.

    ``plan_in_use`` tells the plan of an existing instance: one that was withdrawn from the catalog
    still serves to delete what was made with it (OSB-CAT-20).

    Raises InvalidRequest, MaintenanceConflict, UnsupportedVersion, RequestEntityTooLarge.
    """
    if (request.content_length or 0) > longest_body:
        # Not read at all: the length that the client announces is enough to refuse.
        raise RequestEntityTooLarge
    headers.check_version(request.headers.get(headers.VERSION))
    identity = headers.parse_originating_identity(request.headers.get(headers.ORIGINATING_IDENTITY))
    g.caller = platform_actor(g.platform.name, identity, g.get("correlation_id", ""))
    for name, value in (request.view_args or {}).items():
        body.check_id(name, value)
    operation = (request.endpoint or "").rpartition(".")[2]
    if operation in _FORMS:
        _check_body(catalog, operation)
    elif operation in _DELETES:
        catalog.require_service(_query_parameter("service_id"))
        plan_id = _query_parameter("plan_id")
        if plan_in_use(g.caller, (request.view_args or {})["instance_id"]) != plan_id:
            catalog.plan(plan_id)


def _query_parameter(name: str) -> str:
    value = request.args.get(name)
    if not value:
        raise InvalidRequest.at(f"query parameter {name}", "missing or empty", "an id")
    return value


def _read_body() -> bytes:
    data = request.get_data()
    g.body_was_read = True
    if request.content_length is None:
        # Of a body in chunks the framework returns what fits the limit; asking on raises the error.
        request.stream.read(1)
    return data


def _check_body(catalog: Catalog, operation: str) -> None:
    if not request.is_json:
        raise InvalidRequest.at(
            "header Content-Type", f'"{request.mimetype[:64]}"', "application/json"
        )
    cleaned = body.parse_body(_read_body(), _FORMS[operation])
    if "service_id" in cleaned:
        catalog.require_service(cleaned["service_id"])
    if "plan_id" in cleaned:
        catalog.plan(cleaned["plan_id"])
    if "maintenance_version" in cleaned:
        catalog.require_version(cleaned["maintenance_version"], cleaned.get("plan_id"))
    if operation == "provision":
        _take_guids_from_context(cleaned)
    g.body = cleaned
    # The library reads the body once more; it gets only what has been checked, and ids where the
    # successor of a binding needs none (OSB-ROT-02).
    ids = {"service_id": catalog.service.id, "plan_id": next(iter(catalog.plans))}
    request.data = json.dumps((ids if operation == "bind" else {}) | cleaned).encode()


def _take_guids_from_context(cleaned: dict[str, Any]) -> None:
    """Let organization and space stand in the context; only Kubernetes may lack them.

    OSB-PROV-05, OSB-PROV-06, OSB-CTX-03.
    """
    context = cleaned.get("context", {})
    for name in ("organization_guid", "space_guid"):
        in_context = context.get(name) or None
        guid = cleaned.get(name, in_context)
        if in_context not in {None, guid}:
            raise InvalidRequest.at(name, f"another value than context.{name}", "equal values")
        if guid is None and context.get("platform") != "kubernetes":
            raise InvalidRequest.at(name, "missing or empty", "a non-empty string")
        if guid is not None:
            cleaned[name] = guid
        context.pop(name, None)
