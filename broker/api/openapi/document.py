"""The OpenAPI 3.0 document, generated from the table of routes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import broker
from broker.api.openapi.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from broker.api.route import Query, Route

_COMMON = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    # A zone with several tenants is not administered until it is split (D-53).
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_JSON = "application/json"
_SECURITY = "bearer"


def openapi_document(routes: Iterable[Route], server: str, token_url: str) -> dict[str, Any]:
    """Return the document; ``server`` is the origin of the APIs, ``token_url`` that of tokens."""
    routes = list(routes)
    schemas = Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Administration APIs",
            "version": broker.__version__,
            "description": (
                "Role collections, roles, users and applications of the subaccount (zone) of the"
                " access token, as the plan apiaccess offers them."
            ),
        },
        "servers": [{"url": server}],
        "security": [{_SECURITY: []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, **_ERRORS},
            "securitySchemes": {
                _SECURITY: {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": f"A token of {token_url}, grant type client_credentials.",
                }
            },
        },
    }


_ERRORS: Mapping[str, Any] = {
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {"type": "string"},
            "error_description": {"type": "string"},
            "message": {"type": "string"},
        },
    },
    "AuthorizationError": {
        "type": "object",
        "required": ["error", "error_description"],
        "properties": {
            "error": {"type": "string"},
            "error_description": {"type": "string"},
            "scope": {"type": "string"},
        },
    },
}


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "tags": [route.tag],
        "responses": _responses(route, schemas),
    }
    if route.is_public:
        operation["security"] = []
    else:
        operation["description"] = f"Requires scope {' or '.join(route.scopes)}."
        operation["x-scopes"] = list(route.scopes)
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.request is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": schemas.request(route.request)}},
        }
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    names = [each[1:-1] for each in route.path.split("/") if each.startswith("{")]
    path: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
        }
        for name in names
    ]
    query = [
        {"name": each.name, "in": "query", "schema": _query_schema(each)} for each in route.query
    ]
    headers = [
        {"name": each.name, "in": "header", "schema": {"type": "string"}} for each in route.headers
    ]
    return path + query + headers


def _query_schema(query: Query) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": query.type}
    if query.type == "integer":
        schema |= {"minimum": 0, "maximum": query.maximum}
    return schema if query.default is None else schema | {"default": query.default}


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    success: dict[str, Any] = {"description": route.status.phrase}
    if route.response is not None:
        success["content"] = {_JSON: {"schema": schemas.response(route.response)}}
    failed = sorted({*_COMMON, *route.failures})
    if route.is_public:
        failed = [each for each in failed if each not in _TOKEN_ERRORS]
    return {str(int(route.status)): success} | {
        str(int(status)): {
            "description": status.phrase,
            "content": {_JSON: {"schema": {"$ref": f"#/components/schemas/{_error(status)}"}}},
        }
        for status in failed
    }


_TOKEN_ERRORS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def _error(status: HTTPStatus) -> str:
    return "AuthorizationError" if status == HTTPStatus.UNAUTHORIZED else "Error"
