"""The response of a broker, in a form that can be printed without revealing secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonObject = dict[str, Any]

_LONGEST_SHOWN = 300


@dataclass(frozen=True)
class Response:
    """One response; ``state`` is the final state of an operation that began with a 202."""

    call: str
    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float
    state: str = ""

    @cached_property
    def document(self) -> Any:
        """The JSON document of the body; None when there is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    @property
    def members(self) -> JsonObject:
        """The members of the body; none when it is no JSON object."""
        return self.document if isinstance(self.document, dict) else {}

    @property
    def description(self) -> str:
        """The description; empty when there is none."""
        text = self.members.get("description")
        return text if isinstance(text, str) else ""

    @property
    def credentials(self) -> Any:
        """The credentials of a binding, for comparison only: never print them."""
        return self.members.get("credentials")

    @property
    def created(self) -> bool:
        """Whether this request created a resource, synchronously or asynchronously."""
        return self.status == 201 or self.ended_well

    @property
    def done(self) -> bool:
        """Whether the requested resource exists now, or is deleted in the case of a deletion."""
        return self.status in {200, 201} or self.ended_well

    @property
    def ended_well(self) -> bool:
        """Whether an asynchronous operation succeeded."""
        return self.status == 202 and self.state == "succeeded"

    @property
    def failed_inside(self) -> bool:
        """Whether the broker reports a failure other than an unimplemented optional call."""
        return self.status >= 500 and self.status != 501

    def ended(self, state: str) -> Response:
        """Return the response with the final state of its operation."""
        return replace(self, state=state)

    def __str__(self) -> str:
        """The status and its explanation; of a success only the names of the members."""
        if self.status < 400:
            names = ", ".join(self.members) or "no members"
            shown = f"{self.status} with {names}" + (f", then {self.state}" if self.state else "")
        elif self.members:
            kept = {name: value for name, value in self.members.items() if name != "credentials"}
            shown = f"{self.status} {json.dumps(kept, ensure_ascii=False)}"
        else:
            shown = f"{self.status} {self.content[:80]!r}"
        return shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + "…"
