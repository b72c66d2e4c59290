"""Service instances, clients and bindings in memory, for tests of pure rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from broker.descriptor.model import CredentialType, TenantMode
from broker.identity.client import Client
from broker.identity.zone import Zone
from broker.instances.model import Binding, Instance
from broker.instances.plan import Plan

START = datetime(2030, 1, 1, tzinfo=UTC)
ZONE = Zone(
    row_id=1,
    index=7,
    guid="0a1b2c3d-0000-4000-8000-000000000007",
    subdomain="zone-7",
    grants_epoch=1,
)


def an_oauth_client(**changes: Any) -> Client:
    """Return the client ``sb-app!t7`` in zone 7, with these fields changed."""
    fields: dict[str, Any] = {
        "row_id": 11,
        "zone": ZONE,
        "client_id": "sb-app!t7",
        "app_id": "app!t7",
        "service_instance_guid": "i",
        "credential_types": (CredentialType.INSTANCE_SECRET, CredentialType.BINDING_SECRET),
        "authorities": ("uaa.resource",),
        "grant_types": ("client_credentials",),
        "token_validity": None,
        "accepts_grants": False,
        "epoch": 1,
    }
    return Client(**(fields | changes))


def an_instance(**changes: Any) -> Instance:
    """Return the instance ``i`` of platform ``default``, with these fields changed."""
    fields: dict[str, Any] = {
        "row_id": 21,
        "instance_id": "i",
        "platform": "default",
        "client": an_oauth_client(),
        "service_id": "service",
        "plan_id": "plan-application",
        "plan": Plan.APPLICATION,
        "xsappname": "app",
        "tenant_mode": TenantMode.DEDICATED,
        "parameters": {"xsappname": "app"},
        "organization_guid": "org",
        "space_guid": "space",
        "context": {},
        "created_at": START,
        "updated_at": START,
    }
    return Instance(**(fields | changes))


def a_binding(**changes: Any) -> Binding:
    """Return the binding ``b`` of that instance, with these fields changed."""
    fields: dict[str, Any] = {
        "row_id": 31,
        "instance_row_id": 21,
        "binding_id": "b",
        "credential_type": CredentialType.BINDING_SECRET,
        "parameters": {},
        "app_guid": None,
        "predecessor_id": None,
        "payload": {"clientid": "sb-app!t7"},
        "created_at": START,
    }
    return Binding(**(fields | changes))
