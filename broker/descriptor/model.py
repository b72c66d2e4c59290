"""The typed, frozen form of ``xs-security.json``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from broker.descriptor.limits import MAX_CHOICES
from broker.descriptor.names import (
    LOCAL_SCOPE_PATTERN,
    SCOPE_NAME_RULE,
    XSAPPNAME_PATTERN,
    XSAPPNAME_PLACEHOLDER,
    XSAPPNAME_RULE,
    is_platform_scope,
)
from broker.descriptor.part import (
    AccessTokenSeconds,
    DescriptorPart,
    Flag,
    Plain,
    Providers,
    Reference,
    References,
    RefreshTokenSeconds,
    Text,
    broken_rule,
)
from broker.redirects.uri import MAX_LENGTH


class CredentialType(StrEnum):
    """The types of client credentials."""

    INSTANCE_SECRET = "instance-secret"  # noqa: S105 - a name
    BINDING_SECRET = "binding-secret"  # noqa: S105 - a name
    X509 = "x509"


class TenantMode(StrEnum):
    """Stored and returned; it never extends a client's access to other zones (D-31)."""

    DEDICATED = "dedicated"
    SHARED = "shared"
    EXTERNAL = "external"


class ValueType(StrEnum):
    """The type of an attribute's values."""

    STRING = "string"
    S = "s"
    INT = "int"
    DATE = "date"

    @property
    def canonical(self) -> ValueType:
        """The canonical type: ``s`` is an alias of ``string``."""
        return ValueType.STRING if self is ValueType.S else self


class SystemAttribute(StrEnum):
    """System attributes that a user token may contain."""

    GROUPS = "groups"
    ROLE_COLLECTIONS = "rolecollections"
    CORPORATE_TOKEN = "ias-corporate-idp-token"  # noqa: S105 - a name
    IAS_TOKEN = "ias-token"  # noqa: S105 - a name


class GrantType(StrEnum):
    """The grant types that a client may be allowed."""

    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a name
    PASSWORD = "password"  # noqa: S105 - a name
    JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    SAML2_BEARER = "urn:ietf:params:oauth:grant-type:saml2-bearer"
    USER_TOKEN = "user_token"  # noqa: S105 - a name
    CLIENT_X509 = "client_x509"


Choice = TypeVar("Choice", bound=StrEnum)
Choices = Annotated[list[Annotated[Choice, Field(strict=False)]], Field(max_length=MAX_CHOICES)]


ATTRIBUTE_NAME = "^[A-Za-z0-9_]{1,64}$"
TEMPLATE_NAME = r"^[A-Za-z0-9._\-]{1,64}$"

NAME_RULES = {
    ATTRIBUTE_NAME: "1 to 64 characters from 'a'-'z', 'A'-'Z', '0'-'9' and '_'",
    TEMPLATE_NAME: "1 to 64 characters from 'a'-'z', 'A'-'Z', '0'-'9', '.', '_' and '-'",
}
"""The patterns of names in words."""


def _require_list(value: object, allowed: str) -> object:
    """Refuse null, which must not open what an empty key was meant to close (D-61)."""
    if value is None:
        raise broken_rule("null", allowed)
    return value


RESTRICTING_KEYS = (
    "allowedproviders",
    "grant-types",
    "redirect-uris",
    "system-attributes",
    "default-values",
)
"""Keys that refuse null, because their absence may permit more than an empty list (D-61)."""

_LIST_OR_NONE = "a list; [] means none"


class Scope(DescriptorPart):
    """A scope the application defines."""

    null_is_absent: ClassVar = frozenset(
        {"description", "granted-apps", "grant-as-authority-to-apps"}
    )

    name: Reference
    description: Text | None = None
    granted_apps: References = Field(default=[])
    grant_as_authority_to_apps: References = Field(default=[])

    @field_validator("name")
    @classmethod
    def _own_prefix(cls, name: str) -> str:
        head, _, local = name.partition(".")
        if is_platform_scope(name):  # Mentioned, not defined (D-29).
            return name
        if head != XSAPPNAME_PLACEHOLDER or not LOCAL_SCOPE_PATTERN.fullmatch(local):
            raise broken_rule(f"the name {name!r}", SCOPE_NAME_RULE)
        return name


class Attribute(DescriptorPart):
    """An attribute that restricts roles of users."""

    null_is_absent: ClassVar = frozenset({"description", "valueType", "valueRequired"})

    name: str = Field(pattern=ATTRIBUTE_NAME, max_length=64)
    description: Text | None = None
    value_type: Annotated[ValueType, Field(alias="valueType", strict=False)] = ValueType.STRING
    value_required: Annotated[Flag, Field(alias="valueRequired")] = True


class AttributeReference(DescriptorPart):
    """A reference of a role template to an attribute."""

    name: Annotated[str, Field(max_length=64)]
    default_values: list[Annotated[str, Field(max_length=255)]] = Field(default=[], max_length=100)

    @field_validator("default_values", mode="before")
    @classmethod
    def _no_null(cls, value: object) -> object:
        return _require_list(value, _LIST_OR_NONE)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe both forms: the name alone and the object."""
        return {"anyOf": [{"type": "string"}, handler(core_schema)]}

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class RoleTemplate(DescriptorPart):
    """A set of scopes from which roles are created."""

    null_is_absent: ClassVar = frozenset(
        {"description", "default-role-name", "scope-references", "attribute-references"}
    )

    name: str = Field(pattern=TEMPLATE_NAME, max_length=64)
    description: Text | None = None
    default_role_name: Annotated[str, Field(min_length=1, max_length=255), Plain] | None = None
    scope_references: References = Field(default=[])
    attribute_references: list[AttributeReference] = Field(default=[], max_length=100)


class RoleCollection(DescriptorPart):
    """A named set of roles that administrators assign to users."""

    null_is_absent: ClassVar = frozenset({"description"})

    name: Annotated[str, Field(min_length=1, max_length=64), Plain]
    description: Text | None = None
    role_template_references: References


class OAuth2Configuration(DescriptorPart):
    """Settings of the application's OAuth client."""

    null_is_absent: ClassVar = frozenset(
        {"token-validity", "refresh-token-validity", "autoapprove"}
    )

    token_validity: AccessTokenSeconds | None = None
    refresh_token_validity: RefreshTokenSeconds | None = None
    redirect_uris: list[Annotated[str, Field(max_length=MAX_LENGTH)]] = Field(
        default=[], max_length=250
    )
    credential_types: Choices[CredentialType] | None = None
    system_attributes: Choices[SystemAttribute] | None = None
    allowedproviders: Providers | None = None
    autoapprove: Flag | None = None
    grant_types: Choices[GrantType] | None = None

    @field_validator(
        "redirect_uris", "system_attributes", "allowedproviders", "grant_types", mode="before"
    )
    @classmethod
    def _no_null(cls, value: object) -> object:
        return _require_list(value, _LIST_OR_NONE)

    @field_validator("credential_types", mode="before")
    @classmethod
    def _not_null(cls, value: object) -> object:
        return _require_list(value, "a list of at least one type, or no such key")

    @field_validator("credential_types")
    @classmethod
    def _at_least_one_once(cls, types: list[CredentialType]) -> list[CredentialType]:
        if not types:
            raise broken_rule("an empty list", f"at least one of {', '.join(CredentialType)}")
        return list(dict.fromkeys(types))


class Descriptor(DescriptorPart):
    """A complete ``xs-security.json``."""

    null_is_absent: ClassVar = frozenset(
        {
            "tenant-mode",
            "description",
            "scopes",
            "attributes",
            "role-templates",
            "role-collections",
            "authorities",
            "foreign-scope-references",
            "oauth2-configuration",
            "xsenableasyncservice",
            "ignore-credential-usage",
            "force",
        }
    )

    xsappname: Reference
    tenant_mode: Annotated[TenantMode, Field(strict=False)] = TenantMode.DEDICATED
    description: Text | None = None
    scopes: list[Scope] = Field(default=[], max_length=500)
    attributes: list[Attribute] = Field(default=[], max_length=50)
    role_templates: list[RoleTemplate] = Field(default=[], max_length=500)
    role_collections: list[RoleCollection] = Field(default=[], max_length=250)
    authorities: References = Field(default=[])
    foreign_scope_references: References = Field(default=[])
    oauth2_configuration: OAuth2Configuration = OAuth2Configuration()
    xsenableasyncservice: Flag | None = None
    dry_run: Flag = False
    ignore_credential_usage: Flag = False
    force: Flag = False

    @field_validator("xsappname")
    @classmethod
    def _valid_characters(cls, name: str) -> str:
        if not XSAPPNAME_PATTERN.fullmatch(name):
            raise broken_rule(f'Invalid xsappname "{name}"', XSAPPNAME_RULE)
        return name

    @property
    def credential_types(self) -> tuple[CredentialType, ...] | None:
        """The list in ``oauth2-configuration``, None if absent (D-01)."""
        types = self.oauth2_configuration.credential_types
        return None if types is None else tuple(types)

    @property
    def grant_types(self) -> tuple[str, ...] | None:
        """The list in ``oauth2-configuration``, None if absent (D-60)."""
        types = self.oauth2_configuration.grant_types
        return None if types is None else tuple(types)

    @property
    def token_validity(self) -> int | None:
        """The lifetime of access tokens in seconds, None for the default."""
        return self.oauth2_configuration.token_validity
