"""The JSON of service instances with their credentials; never a secret."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from broker.api.models import RequestModel, ResponseModel

DEFAULT_OVERLAP = 604_800
MAX_OVERLAP = 31_536_000


class _Model(ResponseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class InstanceItem(_Model):
    """A service instance in a list; ``expires_at`` is the earliest end of a certificate."""

    instance_id: str
    name: str | None
    app_id: str
    plan: str
    platform: str
    credential_types: list[str]
    bindings: int
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None
    instance_secret_last_used_at: datetime | None
    expires_at: datetime | None


class InstancePageBody(_Model):
    """A page of service instances."""

    resources: list[InstanceItem]
    start_index: int
    items_per_page: int
    total_results: int


class UseOfDay(_Model):
    """Uses on a day in UTC; days without any are left out."""

    day: date
    accepted: int
    refused: int


class Use(_Model):
    """A credential and its use since counting began; ``how`` is of certificates."""

    state: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    accepted: int
    refused: int
    uses_per_day: list[UseOfDay]
    how: str | None


class SecretUse(Use):
    """The instance secret, with the one from before a rotation."""

    previous_accepted_until: datetime | None
    previous_last_used_at: datetime | None
    delisted_at: datetime | None


class BindingItem(_Model):
    """A binding; one with the instance secret has no credential of its own."""

    binding_id: str
    kind: str
    app_guid: str | None
    credential_type: str
    state: str
    created_at: datetime
    credential: Use | None


class TypeItem(_Model):
    """A credential type: whether it is needed, and how many bindings break without it."""

    type: str
    listed: bool
    default: bool
    bindings: int
    last_used_at: datetime | None
    need: str


class LostBinding(_Model):
    """A binding whose credential an update cuts off."""

    binding_id: str
    holder: str
    credential_type: str
    last_used_at: datetime | None


class UpdatePreview(_Model):
    """What an update to these credential types would change."""

    credential_types: list[str]
    refused_because: str | None
    cut_off: list[LostBinding]
    instance_secret_last_used_at: datetime | None
    accepted_again: list[str]


class InstanceCredentials(_Model):
    """A service instance with a page of its bindings, the newest first.

    ``migration_state``: M0 to M6, from the instance secret to credentials per binding.
    """

    instance_id: str
    name: str | None
    app_id: str
    client_id: str
    plan: str
    platform: str
    organization: str | None
    space: str | None
    created_at: datetime
    updated_at: datetime
    usage_since: datetime
    migration_state: str
    credential_types: list[TypeItem]
    instance_secret: SecretUse | None
    bindings: list[BindingItem]
    start_index: int
    items_per_page: int
    total_results: int
    update: UpdatePreview | None


class Rotation(RequestModel):
    """How long the previous instance secret is accepted, in seconds; 0 for not at all."""

    overlap_seconds: Annotated[int, Field(ge=0, le=MAX_OVERLAP)] = Field(
        default=DEFAULT_OVERLAP, alias="overlapSeconds"
    )


class Following(_Model):
    """What remains to be done at the platform, which alone delivers credentials."""

    text: str
    commands: list[str]


class Rotated(_Model):
    """A rotated instance secret."""

    previous_accepted_until: datetime | None
    next_step: Following


class Revoked(_Model):
    """A revoked credential of a binding, which is deleted."""

    binding_id: str
    credential_type: str
    next_step: Following
