"""The authenticated OSB request that every operation receives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import InvalidRequest
from broker.osb import body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.audit.actor import Actor
    from broker.osb.auth import Platform


@dataclass(frozen=True, slots=True)
class OsbRequest:
    """An authenticated request with valid headers and ids; its body and query are not checked yet.

    ``instance_id`` and ``binding_id`` are '' where the path has none. ``read_body`` returns the
    body or raises RequestEntityTooLarge.
    """

    platform: Platform
    caller: Actor
    instance_id: str
    binding_id: str
    query: Mapping[str, str]
    media_type: str
    read_body: Callable[[], bytes]

    def message(
        self, form: body.Form, variant: tuple[str, body.Form] | None = None
    ) -> body.Message:
        """Return the body's members of this form, or of ``variant`` if it has that member.

        Raises InvalidRequest with every broken rule, RequestEntityTooLarge.
        """
        if not body.is_json(self.media_type):
            raise InvalidRequest.at(
                "header Content-Type", f'"{self.media_type[:64]}"', body.MEDIA_TYPE
            )
        return body.parse_body(self.read_body(), form, variant)

    def query_parameter(self, name: str) -> str:
        """Return a mandatory query parameter; raise InvalidRequest without it."""
        value = self.query.get(name)
        if not value:
            raise InvalidRequest.at(f"query parameter {name}", "missing or empty", "an id")
        return value
