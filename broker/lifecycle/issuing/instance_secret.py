"""The lifecycle of the instance secret, also after its type is de-listed (D-02, D-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.credentials.registry import SECRET_KINDS
from broker.descriptor.model import CredentialType

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from broker.credentials.kind import Secret
    from broker.identity.client import Client
    from broker.instances.model import Instance
    from broker.lifecycle.ports import Credentials

INSTANCE_SECRET: Final = CredentialType.INSTANCE_SECRET


def new_instance_secret() -> Secret:
    """Return a new random secret."""
    return SECRET_KINDS[INSTANCE_SECRET].mint("")


def ensure_instance_secret(credentials: Credentials, instance: Instance, now: datetime) -> None:
    """Create the instance's secret if it has none."""
    if credentials.instance_secret(instance) is None:
        credentials.add_instance_secret(instance, new_instance_secret(), now)


def delist_instance_secret(
    credentials: Credentials, client: Client, types: Collection[str], now: datetime
) -> None:
    """Record that the secret is no longer accepted if ``types`` de-lists it."""
    if INSTANCE_SECRET in client.credential_types and INSTANCE_SECRET not in types:
        credentials.delist_instance_secret(client, now)


def relist_instance_secret(
    credentials: Credentials,
    instance: Instance,
    types: Collection[str],
    now: datetime,
    within: timedelta,
) -> None:
    """If ``types`` re-lists the secret, accept it again, or a new one after ``within``."""
    client = instance.client
    if INSTANCE_SECRET not in types or INSTANCE_SECRET in client.credential_types:
        return
    if credentials.drop_instance_secret(client, delisted_before=now - within):
        credentials.add_instance_secret(instance, new_instance_secret(), now)
    else:
        credentials.relist_instance_secret(client)
