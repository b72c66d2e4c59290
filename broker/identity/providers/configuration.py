"""The configuration of an OpenID Connect provider, as the administration API names it (I-31)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from broker.descriptor.findings.describe import described
from broker.descriptor.part import DescriptorPart, Flag, Plain, Text, broken_rule
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest
from broker.redirects.uri import InvalidUri, parse_uri

MAX_ISSUER: Final = 512
MAX_SECRET: Final = 2048
_MAX_CLAIM = 255
_MAX_MAPPINGS = 100
_MAX_CLAIMS = 10
_MAX_LIST = 100
_MAX_STARS = 5
_OPENID = "openid"
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,255}")
"""A scope token (RFC 6749 section 3.3)."""
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?(?:\.[a-z0-9\-]{1,63})*")

_TENANT_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9]{1,62}"
)
"""A host name with a dot, without port, and no address."""

ATTRIBUTE_PREFIX: Final = "user.attribute."
GROUPS: Final = f"{ATTRIBUTE_PREFIX}groups"
EXTERNAL_GROUPS: Final = "external_groups"
"""UAA's name of the mapping of groups."""

USER_NAME: Final = "user_name"
DEFAULT_MAPPINGS: Final[Mapping[str, str]] = {
    USER_NAME: "sub",
    "email": "email",
    "email_verified": "email_verified",
    "given_name": "given_name",
    "family_name": "family_name",
    "phone_number": "phone_number",
    GROUPS: "groups",
}
"""The claims of OpenID Connect; an entry of a provider replaces the one of the same name."""

SINGLE_VALUED: Final = frozenset(DEFAULT_MAPPINGS) - {GROUPS} | {"user_uuid", "locale"}


def _url(text: str) -> str:
    try:
        parse_uri(text)
    except InvalidUri as error:
        raise broken_rule(error.found, error.allowed) from None
    return text


def _issuer(text: str) -> str:
    if "?" in text:
        raise broken_rule("a query", "a URL without query and fragment (OpenID Connect Discovery)")
    return text


def _tenant_host(text: str) -> str:
    if _TENANT_HOST.fullmatch(text) is None:
        allowed = "the host name of a tenant, such as tenant.accounts.ondemand.com"
        raise broken_rule(f'"{printable(text)}"', allowed)
    return text


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Url = Annotated[str, Field(max_length=1024), AfterValidator(_url)]
Issuer = Annotated[str, Field(max_length=MAX_ISSUER), AfterValidator(_url), AfterValidator(_issuer)]
_Claim = Annotated[str, Field(min_length=1, max_length=_MAX_CLAIM), Plain]
_Claims = Annotated[
    list[_Claim], BeforeValidator(_one_or_several), Field(min_length=1, max_length=_MAX_CLAIMS)
]
_Name = Annotated[str, Field(max_length=len(ATTRIBUTE_PREFIX) + _MAX_CLAIM)]
_Short = Annotated[str, Field(max_length=255), Plain]
_Strings = Annotated[list[_Short], Field(max_length=_MAX_LIST)]


class IasTenant(DescriptorPart):
    """A tenant of SAP Cloud Identity Services, whose issuer is ``https://<host>``."""

    host: Annotated[str, Field(max_length=253), AfterValidator(_tenant_host)]


class ProviderConfiguration(DescriptorPart):
    """Where and how users log on, and what their claims mean; without the client secret."""

    model_config = ConfigDict(alias_generator=to_camel)
    null_is_absent: ClassVar = frozenset(
        {
            "discoveryUrl",
            "authUrl",
            "tokenUrl",
            "tokenKeyUrl",
            "userInfoUrl",
            "logoutUrl",
            "linkText",
            "providerDescription",
            "emailDomain",
            "externalGroupsWhitelist",
            "attributeMappings",
            "additionalConfiguration",
            "iasTenant",
        }
    )

    issuer: Issuer
    ias_tenant: IasTenant | None = None
    relying_party_id: Annotated[str, Field(min_length=1, max_length=255), Plain]
    discovery_url: Url | None = None
    auth_url: Url | None = None
    token_url: Url | None = None
    token_key_url: Url | None = None
    user_info_url: Url | None = None
    logout_url: Url | None = None
    scopes: Annotated[list[_Short], Field(max_length=20)] = Field(default=[_OPENID])
    response_type: Literal["code"] = "code"
    pkce: Flag = True
    client_auth_in_body: Flag = False
    cache_jwks: Flag = True
    skip_ssl_validation: Flag = False
    password_grant_enabled: Flag = False
    perform_rp_initiated_logout: Flag = True
    add_shadow_user_on_login: Flag = True
    store_custom_attributes: Flag = True
    trusted_user_names: Flag = False
    """Whether a user name of the provider identifies a user before its first logon (D-38)."""
    attribute_mappings: Annotated[dict[_Name, _Claims], Field(max_length=_MAX_MAPPINGS)] = Field(
        default={}
    )
    external_groups_whitelist: _Strings = Field(default=[])
    email_domain: _Strings = Field(default=[])
    link_text: Annotated[str, Field(max_length=255), Plain] | None = None
    show_link_text: Flag = True
    provider_description: Text | None = None
    additional_configuration: dict[str, Any] = Field(default={})

    @model_validator(mode="before")
    @classmethod
    def _issuer_of_tenant(cls, value: Any) -> Any:
        tenant = value.get("iasTenant") if isinstance(value, dict) else None
        if not isinstance(tenant, dict) or value.get("issuer") is not None:
            return value
        host = tenant.get("host")
        # The host has its own violation.
        is_host = isinstance(host, str) and _TENANT_HOST.fullmatch(host[:256]) is not None
        return {**value, "issuer": f"https://{host}" if is_host else "https://tenant.invalid"}

    @field_validator("ias_tenant")
    @classmethod
    def _of_issuer(cls, tenant: IasTenant | None, info: ValidationInfo) -> IasTenant | None:
        issuer = info.data.get("issuer")
        if tenant is not None and issuer not in {None, f"https://{tenant.host}"}:
            raise broken_rule("another host than that of the issuer", "the host of the issuer")
        return tenant

    @field_validator("scopes")
    @classmethod
    def _openid_included(cls, scopes: list[str]) -> list[str]:
        if _OPENID not in scopes:
            raise broken_rule(f"no {_OPENID}", f"a list that contains {_OPENID}")
        if any(_SCOPE.fullmatch(scope) is None for scope in scopes):
            raise broken_rule("an invalid scope", "scopes of printable ASCII without blanks")
        return list(dict.fromkeys(scopes))

    @field_validator("response_type", mode="before")
    @classmethod
    def _code(cls, value: object) -> object:
        if value != "code":
            raise broken_rule("another response type", '"code"')
        return value

    @field_validator("skip_ssl_validation")
    @classmethod
    def _validated(cls, value: bool) -> bool:  # noqa: FBT001 - pydantic's signature
        if value:
            raise broken_rule(
                "true", "false; the operator can add a private CA to XSUAA_PROVIDER_CA_FILE"
            )
        return value

    @field_validator("password_grant_enabled")
    @classmethod
    def _not_forwarded(cls, value: bool) -> bool:  # noqa: FBT001 - pydantic's signature
        if value:
            raise broken_rule("true", "false; passwords are not forwarded to a provider")
        return value

    @field_validator("attribute_mappings")
    @classmethod
    def _known(cls, mappings: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, claims in mappings.items():
            attribute = name.removeprefix(ATTRIBUTE_PREFIX)
            is_attribute = name.startswith(ATTRIBUTE_PREFIX) and 0 < len(attribute) <= _MAX_CLAIM
            if not (is_attribute and attribute.isprintable()) and name not in {
                *SINGLE_VALUED,
                EXTERNAL_GROUPS,
            }:
                raise broken_rule(
                    f'the name "{printable(name)}"',
                    f"{', '.join(sorted(SINGLE_VALUED))}, {EXTERNAL_GROUPS},"
                    f" {ATTRIBUTE_PREFIX}<name>",
                )
            if name in SINGLE_VALUED and len(claims) > 1:
                raise broken_rule(f"several claims for {name}", "one claim")
        return mappings

    @field_validator("external_groups_whitelist")
    @classmethod
    def _few_stars(cls, patterns: list[str]) -> list[str]:
        if any(pattern.count("*") > _MAX_STARS for pattern in patterns):
            raise broken_rule("a pattern with many *", f"at most {_MAX_STARS} * in a pattern")
        return patterns

    @field_validator("email_domain")
    @classmethod
    def _domains(cls, domains: list[str]) -> list[str]:
        if any(_DOMAIN.fullmatch(domain) is None for domain in domains):
            raise broken_rule("an invalid domain", "domains in lower case, such as example.org")
        return domains

    @field_validator("additional_configuration")
    @classmethod
    def _empty(cls, value: dict[str, Any]) -> dict[str, Any]:
        if value:
            raise broken_rule("an object with members", "an empty object")
        return value

    @property
    def mappings(self) -> dict[str, list[str]]:
        """The claims of each mapped name, with the defaults."""
        given = self.attribute_mappings
        defaults = {name: [claim] for name, claim in DEFAULT_MAPPINGS.items()}
        if EXTERNAL_GROUPS in given and GROUPS not in given:
            defaults[GROUPS] = []
        return defaults | given

    def document(self) -> dict[str, Any]:
        """Return the JSON document, with all defaults."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def frozen_part(self) -> dict[str, Any]:
        """The members that cannot change while the provider has users (D-46)."""
        document = self.document()
        frozen = {name: document.get(name) for name in FROZEN}
        return frozen | {f"attributeMappings.{USER_NAME}": self.mappings[USER_NAME]}


FROZEN: Final = (
    "issuer",
    # Otherwise id tokens issued to another client could be exchanged (I-120).
    "relyingPartyId",
    "discoveryUrl",
    "authUrl",
    "tokenUrl",
    "tokenKeyUrl",
    "userInfoUrl",
)


def parse_configuration(document: Mapping[str, Any]) -> ProviderConfiguration:
    """Return the configuration; raise InvalidRequest with all violations."""
    try:
        return ProviderConfiguration.model_validate(dict(document))
    except ValidationError as error:
        details = error.errors(include_url=False)
    # Raised outside the handler: the original error contains the input values.
    raise InvalidRequest(described(ProviderConfiguration, details))
