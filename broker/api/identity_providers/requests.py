"""The JSON of requests about identity providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from broker.api.models import RequestModel
from broker.errors import InvalidRequest, Violation
from broker.identity.providers.administer import NewProvider, ProviderChanges
from broker.identity.providers.provider import Provider
from broker.identity.user import canonical_origin, is_storable
from broker.json_text.reader import MalformedJson, read_json

TENANT_ORIGIN: Final = "sap.custom"
"""The origin of a tenant of SAP Cloud Identity Services that the request does not name."""

_Text = Annotated[str, Field(max_length=255)]
_MAX_CONFIG = 262_144


class IdentityProviderInput(RequestModel):
    """A new provider, or the new values of one.

    ``config`` is an object, or its JSON as a string. With ``iasTenant`` the issuer follows from the
    host of the tenant.
    """

    READ_ONLY: ClassVar[frozenset[str]] = frozenset(
        {"id", "version", "created", "last_modified", "identityZoneId", "aliasId", "aliasZid"}
    )

    type: _Text | None = None
    origin_key: _Text | None = Field(default=None, alias="originKey")
    name: _Text | None = None
    active: bool | None = None
    is_active: bool | None = Field(default=None, alias="isActive")
    config: dict[str, Any] | Annotated[str, Field(max_length=_MAX_CONFIG)] | None = None

    @property
    def state(self) -> bool | None:
        """Whether it is active, None if the request does not say; raise InvalidRequest."""
        if None not in {self.active, self.is_active} and self.active != self.is_active:
            raise InvalidRequest.at("isActive", "another value than active", "one of them")
        return self.is_active if self.active is None else self.active

    @property
    def configuration(self) -> Mapping[str, Any] | None:
        """The configuration, None if the request has none; raise InvalidRequest."""
        if not isinstance(self.config, str):
            return self.config
        try:
            found = read_json(self.config.encode())
        except MalformedJson as error:
            raise InvalidRequest.at("config", error.found, error.allowed) from None
        if not isinstance(found, dict):
            raise InvalidRequest.at("config", "no JSON object", "an object")
        return found

    def new_provider(self, zone: str) -> NewProvider:
        """Return the provider to add; raise InvalidRequest.

        A tenant without client id gets the zone's GUID: the administrator of the tenant registers
        a client with it, or enters another one here.
        """
        if self.type is None:
            raise InvalidRequest.at("type", "missing", "oidc1.0")
        given = dict(self.configuration or {})
        origin, name = self.origin_key, self.name
        tenant = given.get("iasTenant")
        if isinstance(tenant, dict):
            origin = origin or TENANT_ORIGIN
            host = tenant.get("host")
            # An invalid host is reported as such, not as a name.
            is_name = isinstance(host, str) and is_storable(host) and host == host.strip()
            name = name or (host if is_name else None)
            if given.get("relyingPartyId") is None:
                given["relyingPartyId"] = zone
        if origin is None:
            raise InvalidRequest.at("originKey", "missing", "a value; this field is mandatory")
        is_active = True if self.state is None else self.state
        return NewProvider(origin, given, name or "", self.type, is_active=is_active)

    def changes_of(self, provider: Provider) -> ProviderChanges:
        """Return the changes; raise InvalidRequest for another origin or type."""
        for path, given, now in (
            ("originKey", self.origin_key and canonical_origin(self.origin_key), provider.origin),
            ("type", self.type, provider.type),
        ):
            if given not in {None, now}:
                raise InvalidRequest.at(path, f'"{given}"', f"{now}, which cannot change")
        configuration = self.configuration
        # The local store has no configuration; clients send back the empty one.
        replaces = configuration is not None and (bool(configuration) or not provider.is_local)
        return ProviderChanges(self.name, self.state, configuration or {}, replaces)


_PATHS: Final = {"origin": "originKey", "type": "type", "name": "name"}


def with_json_paths(error: InvalidRequest) -> InvalidRequest:
    """Return the error of the domain with the JSON paths of this API."""
    return InvalidRequest([_with_json_path(each) for each in error.violations])


def _with_json_path(violation: Violation) -> Violation:
    path = violation.path
    return replace(violation, path=_PATHS.get(path, f"config.{path}"))
