"""OSB requests in the form that operations receive."""

from __future__ import annotations

from typing import Any

from broker.audit.actor import platform_actor
from broker.osb.auth import Platform
from broker.osb.request import OsbRequest

PLATFORM = Platform("default", "broker", ("password",))


def an_osb_request(**changes: Any) -> OsbRequest:
    """Return a request for binding ``b`` of instance ``i`` with an empty JSON object."""
    members: dict[str, Any] = {
        "platform": PLATFORM,
        "caller": platform_actor("default"),
        "instance_id": "i",
        "binding_id": "b",
        "query": {},
        "media_type": "application/json",
        "read_body": lambda: b"{}",
    }
    return OsbRequest(**(members | changes))
