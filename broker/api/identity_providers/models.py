"""The JSON of identity providers; client secrets are never in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from broker.api.models import ResponseModel

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.providers.provider import Provider


class IdentityProvider(ResponseModel):
    """An identity provider; times are milliseconds since 1970, null if it was never changed."""

    id: str
    origin_key: str = Field(alias="originKey")
    name: str
    type: str
    config: dict[str, Any]
    version: int
    created: int | None
    last_modified: int | None
    active: bool
    identity_zone_id: str = Field(alias="identityZoneId")


class IasTenant(ResponseModel):
    """A tenant of SAP Cloud Identity Services that is a provider of the subaccount."""

    host: str
    origin_key: str = Field(alias="originKey")
    active: bool


def provider_of(provider: Provider) -> IdentityProvider:
    """Return the JSON of a provider."""
    return IdentityProvider(
        id=provider.guid,
        origin_key=provider.origin,
        name=provider.name,
        type=provider.type,
        config=dict(provider.configuration),
        version=provider.version,
        created=_milliseconds(provider.created_at),
        last_modified=_milliseconds(provider.updated_at),
        active=provider.is_active,
        identity_zone_id=provider.zone.guid,
    )


def tenant_of(provider: Provider) -> IasTenant | None:
    """Return the JSON of the provider's tenant, None if it is none."""
    host = provider.tenant_host
    if host is None:
        return None
    return IasTenant(host=host, origin_key=provider.origin, active=provider.is_active)


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1000)
