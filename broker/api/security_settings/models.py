"""The JSON of security settings; what the product has no equivalent of has its default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from broker.api.models import ResponseModel
from broker.identity.user import LOCAL_ORIGIN
from broker.identity.zone_settings import DEFAULT
from broker.tokens.key_state import KeyState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from broker.api.request import KeysView
    from broker.identity.zone_settings import ZoneSettings
    from broker.instances.inventory import TypeOfBinding
    from broker.tokens.ports import StoredSigningKey

EVERY_ORIGIN: Final = [".*"]
"""The recorded default of both lists of CORS origins."""

_TYPES: Final = {"x509": "X.509"}
"""Names of credential types that are others in this API."""


class KeyInfo(ResponseModel):
    """A signing key; times are texts such as ``Tue Jun 02 10:58:41 UTC 2026``."""

    created: str
    last_modified_at: str = Field(alias="lastModifiedAt")
    next_rotation_date: str | None = Field(alias="nextRotationDate")
    fips_compliant: bool = Field(alias="fipsCompliant")


class TokenPolicySettings(ResponseModel):
    """The maxima of tokens in seconds, -1 for none, and the signing keys."""

    access_token_validity: int = Field(alias="accessTokenValidity")
    refresh_token_validity: int = Field(alias="refreshTokenValidity")
    refresh_token_unique: bool = Field(alias="refreshTokenUnique")
    active_key_id: str | None = Field(alias="activeKeyId")
    key_ids: list[str] = Field(alias="keyIds")
    keys: dict[str, KeyInfo]


class SamlConfigSettings(ResponseModel):
    """SAML is not supported: no keys."""

    disable_in_response_to_check: bool = Field(default=False, alias="disableInResponseToCheck")
    keys: dict[str, str] = Field(default_factory=dict)


class CredentialTypeInfo(ResponseModel):
    """The credential type of a binding."""

    tenant_id: str = Field(alias="tenantId")
    service_instance_id: str = Field(alias="serviceInstanceId")
    app_id: str = Field(alias="appId")
    credential_type: str = Field(alias="credentialType")
    binding_id: str = Field(alias="bindingId")


class SecuritySettings(ResponseModel):
    """The security settings of a subaccount."""

    iframe_domains: str = Field(alias="iframeDomains")
    token_policy_settings: TokenPolicySettings = Field(alias="tokenPolicySettings")
    saml_config_settings: SamlConfigSettings = Field(alias="samlConfigSettings")
    links: dict[str, str]
    default_idp: str = Field(alias="defaultIdp")
    cors_default_origins: list[str] = Field(alias="corsDefaultOrigins")
    cors_xhr_origins: list[str] = Field(alias="corsXhrOrigins")
    credential_type_infos: list[CredentialTypeInfo] = Field(alias="credentialTypeInfos")
    same_email_is_same_user: bool = Field(default=False, alias="treatUsersWithSameEmailAsSameUser")
    use_idp_user_name_in_tokens: bool = Field(default=False, alias="useIdpUserNameInTokens")
    custom_email_domains: list[str] = Field(default_factory=list, alias="customEmailDomains")
    rotate_signing_key_automatically: bool = Field(alias="rotateSigningKeyAutomatically")


class PublicSettings(ResponseModel):
    """What everyone may read: the origins that may show the subaccount's pages in frames."""

    iframe_domains: str = Field(alias="iframeDomains")


def frames_of(settings: ZoneSettings) -> str:
    """Return the origins in one text, separated by blanks."""
    return " ".join(settings.iframe_domains)


def settings_of(
    zone: str, settings: ZoneSettings, keys: KeysView, bindings: Sequence[TypeOfBinding]
) -> SecuritySettings:
    """Return the JSON of all settings."""
    home = settings.home_redirect
    return SecuritySettings(
        iframe_domains=frames_of(settings),
        token_policy_settings=_policy(settings, keys),
        saml_config_settings=SamlConfigSettings(),
        links={} if home is None else {"homeRedirect": home},
        default_idp=settings.default_idp or LOCAL_ORIGIN,
        cors_default_origins=EVERY_ORIGIN,
        cors_xhr_origins=EVERY_ORIGIN,
        credential_type_infos=[
            CredentialTypeInfo(
                tenant_id=zone,
                service_instance_id=each.instance_id,
                app_id=each.app_id,
                credential_type=_TYPES.get(each.type, each.type),
                binding_id=each.binding_id,
            )
            for each in bindings
        ],
        rotate_signing_key_automatically=keys.period is not None,
    )


def _policy(settings: ZoneSettings, keys: KeysView) -> TokenPolicySettings:
    listed = [(key, state) for key, state in keys.states() if state is not KeyState.RETIRED]
    active = [key.kid for key, state in listed if state is KeyState.SIGNING]
    return TokenPolicySettings(
        access_token_validity=settings.access_token_validity or DEFAULT,
        refresh_token_validity=settings.refresh_token_validity or DEFAULT,
        refresh_token_unique=settings.refresh_token_unique,
        active_key_id=active[0] if active else None,
        key_ids=[key.kid for key, _ in listed],
        keys={key.kid: _key(key, state, keys) for key, state in listed},
    )


def _key(key: StoredSigningKey, state: KeyState, keys: KeysView) -> KeyInfo:
    # The last change so far: the key is published, and signs later.
    signs = state is not KeyState.PUBLISHED
    rotates = keys.period is not None and key.retire_at is None
    return KeyInfo(
        created=_shown(key.publish_at),
        last_modified_at=_shown(key.sign_from if signs else key.publish_at),
        next_rotation_date=_shown(key.sign_from + keys.period)
        if rotates and keys.period is not None
        else None,
        # Keys are made by the cryptographic library of the platform, whose validation is unknown.
        fips_compliant=False,
    )


def _shown(time: datetime) -> str:
    return f"{time:%a %b %d %H:%M:%S} UTC {time:%Y}"
