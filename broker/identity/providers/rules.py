"""The rules of origins, names and issuers of identity providers (I-12, I-30, D-46)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.descriptor.paths import printable
from broker.errors import AlreadyExists, InvalidRequest, StateConflict
from broker.identity.providers.configuration import parse_configuration
from broker.identity.providers.provider import OIDC
from broker.identity.user import (
    LOCAL_ORIGIN,
    ORIGIN_PATTERN,
    ORIGIN_RULE,
    RESERVED_ORIGINS,
    canonical_origin,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.identity.providers.provider import Provider

_MAX_NAME = 255
_RECIPIENT = ("issuer", "discoveryUrl", "tokenUrl")
"""The members that determine where the client secret is sent."""


def require_supported(type_: str) -> None:
    """Raise InvalidRequest for any other type than OpenID Connect."""
    if type_ == OIDC:
        return
    if type_ == "saml":
        raise InvalidRequest.at(
            "type",
            "saml: SAML is not supported; connect a SAML provider through one that speaks OpenID"
            " Connect, such as Keycloak or Dex",
            OIDC,
        )
    raise InvalidRequest.at("type", f'"{printable(type_)}"', OIDC)


def new_origin(text: str) -> str:
    """Return the origin of a new provider; raise InvalidRequest."""
    if canonical_origin(text[:64]) == LOCAL_ORIGIN or text in RESERVED_ORIGINS:
        raise InvalidRequest.at("origin", f"the reserved origin {text}", "another origin")
    if ORIGIN_PATTERN.fullmatch(text[:64]) is None:
        raise InvalidRequest.at("origin", f'"{printable(text)}"', ORIGIN_RULE)
    return text


def valid_name(text: str) -> str:
    """Return the name; raise InvalidRequest."""
    if not (0 < len(text) <= _MAX_NAME and text.isprintable() and text == text.strip()):
        raise InvalidRequest.at(
            "name", f'"{printable(text)}"', f"1 to {_MAX_NAME} printable characters"
        )
    return text


def require_unique_issuer(provider: Provider, others: Sequence[Provider]) -> None:
    """Raise AlreadyExists if another active provider has the issuer of this active one."""
    if not provider.is_active or provider.issuer is None:
        return
    for other in others:
        if other.origin != provider.origin and other.is_active and other.issuer == provider.issuer:
            raise AlreadyExists(
                f"The active identity provider {other.origin} has the issuer {provider.issuer}"
                " already."
            )


def require_unfrozen(before: Provider, document: Mapping[str, Any], users: int) -> None:
    """Raise StateConflict for a change that would let the provider name other users (D-46)."""
    if not users:
        return
    old = parse_configuration(before.configuration).frozen_part
    new = parse_configuration(document).frozen_part
    changed = [name for name in old if old[name] != new[name]]
    if changed:
        raise StateConflict(
            f"{before.origin} has users ({users}), who depend on {', '.join(changed)}. Add another"
            " identity provider, or delete these users first."
        )


def require_same_recipient(before: Provider, document: Mapping[str, Any], secret: str) -> None:
    """Raise InvalidRequest for a change that would send the stored client secret elsewhere.

    ``secret`` is the name of its member. Administrators who do not know the secret would receive it
    at a token endpoint of their own.
    """
    old = before.configuration
    changed = [name for name in _RECIPIENT if old.get(name) != document.get(name)]
    if changed:
        raise InvalidRequest.at(
            secret,
            f"missing beside another {', '.join(changed)}",
            "the client secret, which is not sent to another place without being entered again",
        )
