"""The places of sealed values: table, column, row and owner of each envelope (D-12, D-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.sealing.sealed import Place
from broker.store.tables.core import credential, service_binding
from broker.store.tables.identity import identity_provider, user_password
from broker.store.tables.user_grants import user_session

if TYPE_CHECKING:
    from broker.credentials.owner_mac import InstanceOwner


def secret_place(row_id: int, owner: InstanceOwner) -> Place:
    """Return the place of the sealed instance secret of a credential row."""
    return Place(credential.name, credential.c.sealed_secret.name, row_id, _instance(owner))


def payload_place(row_id: int, binding_id: str, owner: InstanceOwner) -> Place:
    """Return the place of the sealed payload of a binding row."""
    chain = (binding_id, *_instance(owner))
    return Place(service_binding.name, service_binding.c.sealed_payload.name, row_id, chain)


def provider_place(
    row_id: int, zone_guid: str, origin: str, issuer: str | None, configuration: str
) -> Place:
    """Return the place of the sealed client secret of an identity provider's row.

    Issuer and configuration determine where the secret is sent.
    """
    owner = (zone_guid, origin, issuer or "", configuration)
    return Place(identity_provider.name, identity_provider.c.sealed_secret.name, row_id, owner)


def id_token_place(row_id: int, user_id: str, zone_guid: str) -> Place:
    """Return the place of the sealed id token in a session's row."""
    owner = (user_id, zone_guid)
    return Place(user_session.name, user_session.c.sealed_id_token.name, row_id, owner)


def password_place(row_id: int, user_id: str, zone_guid: str, origin: str) -> Place:
    """Return the place of the sealed password hash of a user's row."""
    owner = (user_id, zone_guid, origin)
    return Place(user_password.name, user_password.c.sealed_hash.name, row_id, owner)


def _instance(owner: InstanceOwner) -> tuple[str, ...]:
    """Return the part of the owner that never changes: a split changes the client's zone."""
    client = owner.client
    ids = str(owner.row_id), owner.instance_id, owner.platform
    return *ids, str(client.row_id), client.client_id
