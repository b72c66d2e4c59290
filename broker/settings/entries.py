"""Entries of the settings XSUAA_PLATFORMS and XSUAA_ZONES."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from broker.json_text.reader import read_json


def from_json(value: object) -> object:
    """Return the value of a JSON text, any other value unchanged; raise MalformedJson."""
    return read_json(value) if isinstance(value, str) else value


class PlatformSettings(BaseModel):
    """An additional platform that may call the broker (D-35)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9\-]{0,62}$")
    user: str = Field(min_length=1, pattern=r"^[^:]+$")
    password: SecretStr = Field(min_length=1)
    password_previous: SecretStr = SecretStr("")
    reads_credentials: bool = True


class ZoneSettings(BaseModel):
    """A zone named by the operator, and the rule for its service instances (D-09)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    subdomain: str = Field(pattern=r"^[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?$")
    guid: str = Field(default="", pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")
    platform: str = ""
    organization_guid: str = ""
    clusterid: str = ""
    namespace: str = ""

    @model_validator(mode="after")
    def _names_a_member(self) -> Self:
        if not (self.platform or self.organization_guid or self.clusterid or self.namespace):
            raise ValueError("must have platform, organization_guid, clusterid or namespace")
        return self
