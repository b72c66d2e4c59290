"""The JSON of failed requests to ``/Users`` and ``/Groups``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from broker.api.failures import token_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.api.failures import Failure

_CODES = {
    HTTPStatus.BAD_REQUEST: "invalid_scim_resource",
    HTTPStatus.FORBIDDEN: "access_denied",
    HTTPStatus.NOT_FOUND: "scim_resource_not_found",
    HTTPStatus.CONFLICT: "scim_resource_conflict",
}
"""The names of UAA by status, for failures without a name of their own."""


def scim_body(failure: Failure) -> Mapping[str, Any]:
    """Return the body: name, text, what else is known; or the members of RFC 6750."""
    if failure.is_about_token:
        return token_body(failure)
    name = failure.code or _CODES.get(failure.status, "scim")
    return {
        **failure.details,
        "error": name,
        "error_description": failure.text,
        "message": failure.text,
    }
