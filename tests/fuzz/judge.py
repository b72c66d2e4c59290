"""Sends the requests that schemathesis generates, and judges the responses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.generated_requests import operation_id

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.checks import CheckFunction

    Case = schemathesis.Case[Any]

CONFORMANCE: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
"""The document allows the response."""


class Judge:
    """Sends requests, judges the responses and counts them."""

    def __init__(self, url: str, checks: list[CheckFunction], **authentication: Any) -> None:
        """``authentication``: options of an authenticated request."""
        self._options: dict[str, Any] = {"base_url": url, "timeout": 30}
        self._authentication, self._checks = authentication, checks
        self.statuses: Counter[tuple[str, int]] = Counter()

    def send(self, case: Case, *, authenticated: bool = True) -> schemathesis.Response:
        """Send a request and return the response; raise unless the checks allow it."""
        # Otherwise a request has generated credentials or none.
        authentication = self._authentication if authenticated else {}
        response = case.call(**self._options, **authentication)
        self.judge(case, response)
        return response

    def judge(self, case: Case, response: schemathesis.Response) -> None:
        """Count a response; raise unless the checks allow it."""
        self.statuses[operation_id(case.operation), response.status_code] += 1
        case.validate_response(response, self._checks, transport_kwargs=self._options)
