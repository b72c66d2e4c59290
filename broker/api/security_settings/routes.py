"""The operations on security settings."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.paths import AUTHORIZATION, READ_AUTHORIZATION, WRITE_AUTHORIZATION
from broker.api.route import PUBLIC, Family, Query, Reply
from broker.api.security_settings.models import (
    PublicSettings,
    SecuritySettings,
    frames_of,
    settings_of,
)
from broker.api.security_settings.requests import SecuritySettingsInput, with_json_paths
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services

_SETTINGS = f"{AUTHORIZATION}/securitySettings"
_family = Family("tenant", READ_AUTHORIZATION, WRITE_AUTHORIZATION)


def _show(services: Services, request: ApiRequest) -> Reply:
    zone = request.zone
    return Reply(
        settings_of(
            zone,
            services.zone_settings.of(zone),
            services.signing_keys,
            services.types_of_bindings.of(zone),
        )
    )


def _change(services: Services, request: ApiRequest) -> Reply:
    given: SecuritySettingsInput = request.body
    given.require_supported(rotates=services.signing_keys.period is not None)
    if changes := given.changes:
        try:
            services.zone_settings(request.actor, request.zone, changes)
        except InvalidRequest as error:
            raise with_json_paths(error) from None
    return _show(services, request)


def _public(services: Services, request: ApiRequest) -> Reply:
    given = request.query
    found = services.zone_settings.public(given["subdomain"], given["tenantId"])
    return Reply(PublicSettings(iframe_domains=frames_of(found)))


ROUTES: Final = (
    _family.get(
        _SETTINGS,
        "readSettings",
        "Show the security settings, the token policy, the signing keys and credential types",
        _show,
        response=SecuritySettings,
        failures=(HTTPStatus.CONFLICT,),
        explicit_nulls=True,
    ),
    _family.change(
        "PATCH",
        _SETTINGS,
        "updateSettings",
        "Change security settings; absent members keep their values",
        _change,
        request=SecuritySettingsInput,
        response=SecuritySettings,
        failures=(HTTPStatus.CONFLICT,),
        explicit_nulls=True,
    ),
    _family.get(
        f"{_SETTINGS}/public",
        "readPublicSettings",
        "Show the origins that may show the pages of a subaccount in frames",
        _public,
        response=PublicSettings,
        failures=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        query=(Query("subdomain"), Query("tenantId")),
        scopes=PUBLIC,
    ),
)
