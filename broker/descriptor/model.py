"""The typed, frozen form of ``xs-security.json``."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from broker.descriptor.limits import MAX_CHOICES, MAX_LIST, MAX_PROVIDERS, MAX_REFERENCE
from broker.descriptor.names import (
    LOCAL_SCOPE_PATTERN,
    XSAPPNAME_PATTERN,
    XSAPPNAME_PLACEHOLDER,
    XSAPPNAME_RULE,
    is_platform_scope,
    is_reserved,
)


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


def broken_rule(found: str, allowed: str) -> PydanticCustomError:
    """Build the validation error that ``parse`` turns into a Violation."""
    return PydanticCustomError("rule", "rule", {"found": found, "allowed": allowed})


def _boolean_text(value: object) -> object:
    # SAP's samples write booleans as JSON booleans and as text.
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def integer_text(value: object) -> object:
    """Return the number for a string of digits, any other value unchanged."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value) else value


Flag = Annotated[
    bool,
    BeforeValidator(_boolean_text),
    WithJsonSchema({"enum": [True, False, "true", "false"]}),
]


def _seconds_schema(minimum: int, maximum: int) -> WithJsonSchema:
    number = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": "^[0-9]{1,12}$"}]})


_MAX_ACCESS_SECONDS = 86_400
MAX_TOKEN_LIFETIME = timedelta(seconds=_MAX_ACCESS_SECONDS)
"""The maximum lifetime of access tokens, whatever the descriptor and the settings say."""

AccessTokenSeconds = Annotated[
    int,
    BeforeValidator(integer_text),
    Field(ge=60, le=_MAX_ACCESS_SECONDS),
    _seconds_schema(60, _MAX_ACCESS_SECONDS),
]
RefreshTokenSeconds = Annotated[
    int,
    BeforeValidator(integer_text),
    Field(ge=60, le=31_536_000),
    _seconds_schema(60, 31_536_000),
]


def _without_control_characters(text: str) -> str:
    if found := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        raise broken_rule(
            f"the control character U+{ord(found[0]):04X}", "text without control characters"
        )
    return text


_Plain = AfterValidator(_without_control_characters)
Text = Annotated[str, Field(max_length=1000), _Plain]

Reference = Annotated[str, Field(max_length=MAX_REFERENCE)]
References = Annotated[list[Reference], Field(max_length=MAX_LIST)]
Provider = Annotated[str, Field(min_length=1, max_length=255)]
Providers = Annotated[list[Provider], Field(max_length=MAX_PROVIDERS)]


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


class DescriptorPart(BaseModel):
    """Common rules: frozen, keys as in the file, unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        hide_input_in_errors=True,
    )


class Scope(DescriptorPart):
    """A scope the application defines."""

    name: Reference
    description: Text | None = None
    granted_apps: References = []
    grant_as_authority_to_apps: References = []

    @field_validator("name")
    @classmethod
    def _own_prefix(cls, name: str) -> str:
        head, _, local = name.partition(".")
        if is_platform_scope(name):  # Mentioned, not defined (D-29).
            return name
        if head != XSAPPNAME_PLACEHOLDER or not LOCAL_SCOPE_PATTERN.fullmatch(local):
            raise broken_rule(
                f"the name {name!r}",
                "$XSAPPNAME.<name> with characters from 'a'-'z', 'A'-'Z', '0'-'9', '-', '_', '/',"
                " '\\', ':' and '.', not starting with '.'",
            )
        return name


class Attribute(DescriptorPart):
    """An attribute that restricts roles of users."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]{1,64}$", max_length=64)
    description: Text | None = None
    value_type: Annotated[ValueType, Field(alias="valueType", strict=False)] = ValueType.STRING
    value_required: Annotated[Flag, Field(alias="valueRequired")] = True


class AttributeReference(DescriptorPart):
    """A reference of a role template to an attribute."""

    name: Annotated[str, Field(max_length=64)]
    default_values: list[Annotated[str, Field(max_length=255)]] = Field(default=[], max_length=100)

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

    name: str = Field(pattern=r"^[A-Za-z0-9._\-]{1,64}$", max_length=64)
    description: Text | None = None
    default_role_name: Annotated[str, Field(min_length=1, max_length=255), _Plain] | None = None
    scope_references: References = []
    attribute_references: list[AttributeReference] = Field(default=[], max_length=100)


class RoleCollection(DescriptorPart):
    """A named set of roles that administrators assign to users."""

    name: Annotated[str, Field(min_length=1, max_length=64), _Plain]
    description: Text | None = None
    role_template_references: References


class OAuth2Configuration(DescriptorPart):
    """Settings of the application's OAuth client."""

    token_validity: AccessTokenSeconds | None = None
    refresh_token_validity: RefreshTokenSeconds | None = None
    redirect_uris: list[Annotated[str, Field(max_length=2048)]] = Field(default=[], max_length=250)
    credential_types: Choices[CredentialType] | None = None
    system_attributes: Choices[SystemAttribute] | None = None
    allowedproviders: Providers | None = None
    autoapprove: Flag | None = None
    grant_types: Choices[GrantType] | None = None

    @field_validator("credential_types")
    @classmethod
    def _at_least_one_once(cls, types: list[CredentialType] | None) -> list[CredentialType] | None:
        if types is None:
            raise broken_rule("null", "a list of credential types, or no such key")
        if not types:
            raise broken_rule("an empty list", f"at least one of {', '.join(CredentialType)}")
        return list(dict.fromkeys(types))


class Descriptor(DescriptorPart):
    """A complete ``xs-security.json``."""

    xsappname: Reference
    tenant_mode: Annotated[TenantMode, Field(strict=False)] = TenantMode.DEDICATED
    description: Text | None = None
    scopes: list[Scope] = Field(default=[], max_length=500)
    attributes: list[Attribute] = Field(default=[], max_length=50)
    role_templates: list[RoleTemplate] = Field(default=[], max_length=500)
    role_collections: list[RoleCollection] = Field(default=[], max_length=250)
    authorities: References = []
    foreign_scope_references: References = []
    oauth2_configuration: OAuth2Configuration = OAuth2Configuration()
    xsenableasyncservice: Flag | None = None
    dry_run: Flag = False
    ignore_credential_usage: Flag = False

    @field_validator("xsappname")
    @classmethod
    def _valid_and_free(cls, name: str) -> str:
        if not XSAPPNAME_PATTERN.fullmatch(name):
            raise broken_rule(f'Invalid xsappname "{name}"', XSAPPNAME_RULE)
        if is_reserved(name):
            raise broken_rule(
                f'the reserved xsappname "{name}"',
                "a name other than xsuaa and uaa that does not start with na- or sb-",
            )
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
