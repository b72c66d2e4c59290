"""The JSON of changes of security settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from broker.api.models import RequestModel
from broker.api.security_settings.models import EVERY_ORIGIN
from broker.errors import ForbiddenChange, InvalidRequest, Violation

_MAX_TEXT = 65_536
_MAX_NAME = 255

ChangeMode = Literal["ADD", "UPDATE", "DELETE", "FORCE_UPDATE", "FORCE_DELETE"]

_COMMANDS: Final[Mapping[str, str]] = {
    "ADD": "xsuaa-broker keys rotate",
    "UPDATE": "xsuaa-broker keys rotate --force, or wait: a published key signs by itself",
    "DELETE": "xsuaa-broker keys revoke KEY --now, or wait: a replaced key retires by itself",
    "FORCE_UPDATE": "xsuaa-broker keys rotate --force",
    "FORCE_DELETE": "xsuaa-broker keys revoke KEY --now",
}
"""What the operator does instead (D-16)."""

PATHS: Final[Mapping[str, str]] = {
    "access-token-validity": "tokenPolicySettings.accessTokenValidity",
    "refresh-token-validity": "tokenPolicySettings.refreshTokenValidity",
    "refresh-token-unique": "tokenPolicySettings.refreshTokenUnique",
    "iframe-domains": "iframeDomains",
    "home-redirect": "links.homeRedirect",
    "default-idp": "defaultIdp",
}
"""JSON paths by the paths of the domain's violations."""


class TokenPolicyInput(RequestModel):
    """Changes of the token policy; -1 is the default, which is no maximum of the subaccount."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"activeKeyId", "keyIds", "keys"})

    access_token_validity: int | None = Field(default=None, alias="accessTokenValidity")
    refresh_token_validity: int | None = Field(default=None, alias="refreshTokenValidity")
    refresh_token_unique: bool | None = Field(default=None, alias="refreshTokenUnique")
    key_id: str | None = Field(default=None, alias="keyId", max_length=_MAX_NAME)
    change_mode: ChangeMode | None = Field(default=None, alias="changeMode")


class SamlConfigInput(RequestModel):
    """SAML is not supported: values other than the default are refused."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"entityID", "activeKeyId", "keys"})

    disable_in_response_to_check: bool | None = Field(
        default=None, alias="disableInResponseToCheck"
    )
    key_id: str | None = Field(default=None, alias="keyId", max_length=_MAX_NAME)
    change_mode: ChangeMode | None = Field(default=None, alias="changeMode")
    key: dict[str, Any] | None = None


class LinksInput(RequestModel):
    """The URI after a logout that names none; '' removes it."""

    home_redirect: str | None = Field(default=None, alias="homeRedirect", max_length=_MAX_TEXT)


class SecuritySettingsInput(RequestModel):
    """Changes of security settings; absent members keep their values."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"credentialTypeInfos"})

    iframe_domains: str | None = Field(default=None, alias="iframeDomains", max_length=_MAX_TEXT)
    token_policy: TokenPolicyInput = Field(
        default_factory=TokenPolicyInput, alias="tokenPolicySettings"
    )
    saml: SamlConfigInput = Field(default_factory=SamlConfigInput, alias="samlConfigSettings")
    links: LinksInput = Field(default_factory=LinksInput)
    default_idp: str | None = Field(default=None, alias="defaultIdp", max_length=_MAX_NAME)
    cors_default_origins: list[str] | None = Field(default=None, alias="corsDefaultOrigins")
    cors_xhr_origins: list[str] | None = Field(default=None, alias="corsXhrOrigins")
    same_email_is_same_user: bool | None = Field(
        default=None, alias="treatUsersWithSameEmailAsSameUser"
    )
    use_idp_user_name_in_tokens: bool | None = Field(default=None, alias="useIdpUserNameInTokens")
    custom_email_domains: list[str] | None = Field(default=None, alias="customEmailDomains")
    rotate_signing_key_automatically: bool | None = Field(
        default=None, alias="rotateSigningKeyAutomatically"
    )

    def require_supported(self, *, rotates: bool) -> None:
        """Raise for a change of what the API cannot change.

        ``rotates``: whether the operator's settings rotate signing keys. Raises ForbiddenChange for
        a change of signing keys, and InvalidRequest for other values than the only ones.
        """
        mode = self.token_policy.change_mode
        if mode is not None:
            raise ForbiddenChange(
                f"tokenPolicySettings.changeMode {mode} is not allowed: signing keys are common to"
                f" all subaccounts, and only the operator changes them: {_COMMANDS[mode]}"
            )
        if violations := [*self._unsupported(rotates=rotates)]:
            raise InvalidRequest(violations)

    def _unsupported(self, *, rotates: bool) -> Iterator[Violation]:
        if self.token_policy.key_id is not None:
            allowed = "a changeMode with it, by the operator"
            yield Violation("tokenPolicySettings.keyId", "a key without changeMode", allowed)
        saml = self.saml
        for name, value in (
            ("keyId", saml.key_id),
            ("changeMode", saml.change_mode),
            ("key", saml.key),
            ("disableInResponseToCheck", saml.disable_in_response_to_check or None),
        ):
            if value is not None:
                allowed = "no value; SAML is not supported"
                yield Violation(f"samlConfigSettings.{name}", "a value", allowed)
        lists = (
            ("corsDefaultOrigins", self.cors_default_origins, EVERY_ORIGIN),
            (
                "corsXhrOrigins",
                self.cors_xhr_origins,
                EVERY_ORIGIN,
            ),
        )
        for path, given, only in (*lists, ("customEmailDomains", self.custom_email_domains, [])):
            if given is not None and given != only:
                yield Violation(path, f"{len(given)} entries", f"{only!r}".replace("'", '"'))
        for path, flag, only_flag, why in (
            ("treatUsersWithSameEmailAsSameUser", self.same_email_is_same_user, False, ""),
            ("useIdpUserNameInTokens", self.use_idp_user_name_in_tokens, False, ""),
            (
                "rotateSigningKeyAutomatically",
                self.rotate_signing_key_automatically,
                rotates,
                ", as the operator has set XSUAA_KEY_PERIOD",
            ),
        ):
            if flag is not None and flag is not only_flag:
                yield Violation(path, str(flag).lower(), f"{str(only_flag).lower()}{why}")

    @property
    def changes(self) -> dict[str, Any]:
        """The changes by the names of the domain."""
        frames, home = self.iframe_domains, self.links.home_redirect
        given = {
            "access_token_validity": self.token_policy.access_token_validity,
            "refresh_token_validity": self.token_policy.refresh_token_validity,
            "refresh_token_unique": self.token_policy.refresh_token_unique,
            "default_idp": self.default_idp,
            "iframe_domains": None if frames is None else tuple(frames.split()),
        }
        changed = {name: value for name, value in given.items() if value is not None}
        return changed if home is None else changed | {"home_redirect": home or None}


def with_json_paths(error: InvalidRequest) -> InvalidRequest:
    """Return the error of the domain with the JSON paths of this API."""
    return InvalidRequest([_with_json_path(each) for each in error.violations])


def _with_json_path(violation: Violation) -> Violation:
    name, bracket, index = violation.path.partition("[")
    return replace(violation, path=f"{PATHS.get(name, name)}{bracket}{index}")
