"""What every authenticated OSB request is checked for before its operation sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from broker.errors import InvalidRequest
from broker.instances.model import Caller
from broker.osb import body, headers

if TYPE_CHECKING:
    from broker.osb.catalog import Catalog

_FORMS = {"provision": body.PROVISION, "update": body.UPDATE, "bind": body.BIND}
_DELETES = frozenset({"deprovision", "unbind"})


def check_request(catalog: Catalog, longest_body: int) -> None:
    """Check the current request as far as its form goes, and note its caller and its body.

    Raises InvalidRequest, MaintenanceConflict, UnsupportedVersion, RequestEntityTooLarge.
    """
    if (request.content_length or 0) > longest_body:
        # Not read at all: the length that the client announces is enough to refuse.
        raise RequestEntityTooLarge
    headers.check_version(request.headers.get(headers.VERSION))
    identity = headers.parse_originating_identity(request.headers.get(headers.ORIGINATING_IDENTITY))
    g.caller = Caller(g.platform.name, identity, g.get("correlation_id", ""))
    for name, value in (request.view_args or {}).items():
        body.check_id(name, value)
    operation = (request.endpoint or "").rpartition(".")[2]
    if operation in _FORMS:
        _check_body(catalog, operation)
    elif operation in _DELETES:
        for name, check in (("service_id", catalog.require_service), ("plan_id", catalog.plan)):
            value = request.args.get(name)
            if not value:
                raise InvalidRequest.at(f"query parameter {name}", "missing or empty", "an id")
            check(value)


def _check_body(catalog: Catalog, operation: str) -> None:
    if not request.is_json:
        raise InvalidRequest.at(
            "header Content-Type", f'"{request.mimetype[:64]}"', "application/json"
        )
    cleaned = body.parse_body(request.get_data(), _FORMS[operation])
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
