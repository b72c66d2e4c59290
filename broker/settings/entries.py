"""Entries of the settings XSUAA_PLATFORMS and XSUAA_ZONES."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)

from broker.json_text.reader import read_json


def from_json(value: object) -> object:
    """Return the value of a JSON text, any other value unchanged; raise MalformedJson."""
    return read_json(value) if isinstance(value, str) else value


def _zone_member(value: str) -> str:
    """Return the name of an identifying context member; raise ValueError for any other (D-53)."""
    if value in {"", "clusterid+namespace"}:
        return value
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", value):
        raise ValueError(
            "must be one member of the OSB context, such as organization_guid or subaccount_id, or"
            " clusterid+namespace"
        )
    if re.search(r"name|annotation|label|^platform$|^origin$|^instance", value):
        raise ValueError(
            f"{value} does not identify a tenant: developers choose names, labels and annotations,"
            " and tenants share platform and origin"
        )
    return value


def _identifying(value: str, info: ValidationInfo) -> str:
    if value and not any(map(str.isalnum, value)):
        raise ValueError(
            f'"{value[:16]}" identifies no tenant: SAP Service Manager sends it for all of them;'
            f" to join them in one zone, use platform instead of {info.field_name}"
        )
    return value


_Identifying = Annotated[str, AfterValidator(_identifying)]


class PlatformSettings(BaseModel):
    """An additional platform that may call the broker (D-35)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9\-]{0,62}$")
    user: str = Field(min_length=1, pattern=r"^[^:]+$")
    password: SecretStr = Field(min_length=1)
    password_previous: SecretStr = SecretStr("")
    reads_credentials: bool = True
    zone_member: Annotated[str, AfterValidator(_zone_member)] = ""
    single_tenant: bool = False


class ZoneSettings(BaseModel):
    """A zone named by the operator, and the rule for its service instances (D-09)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    subdomain: str = Field(pattern=r"^[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?$")
    guid: str = Field(default="", pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")
    platform: str = ""
    organization_guid: _Identifying = ""
    subaccount_id: _Identifying = ""
    clusterid: _Identifying = ""
    namespace: _Identifying = ""

    @model_validator(mode="before")
    @classmethod
    def _no_chosen_members(cls, value: Any) -> Any:
        other = sorted(set(value) - set(cls.model_fields)) if isinstance(value, dict) else []
        if other:
            raise ValueError(
                f"rules cannot use {', '.join(str(name)[:64] for name in other)}: developers choose"
                f" names, labels and annotations; rules may use {', '.join(_RULE_MEMBERS)}"
            )
        return value

    @model_validator(mode="after")
    def _names_a_member(self) -> Self:
        if not any(getattr(self, name) for name in _RULE_MEMBERS):
            raise ValueError(f"must have one of {', '.join(_RULE_MEMBERS)}")
        if self.namespace and not (self.clusterid or self.platform):
            raise ValueError(
                "namespace requires clusterid or platform: another cluster may have a namespace of"
                " the same name"
            )
        return self


_RULE_MEMBERS = ("platform", "organization_guid", "subaccount_id", "clusterid", "namespace")
