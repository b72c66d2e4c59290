"""The identity provider of a login: which one the request, its client and its zone leave (I-47)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from broker.errors import GrantRefused
from broker.identity.providers.provider import local_store
from broker.identity.user import canonical_origin
from broker.json_text.reader import MalformedJson, read_object
from broker.tokens.grants.admission import NO_PROVIDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.identity.providers.provider import Provider
    from broker.identity.zone import Zone

INVALID_HINT: Final = "invalid_login_hint"
"""The error code of a hint that names no usable identity provider."""

_UNUSABLE_HINT = "The login hint names no identity provider that this application can use."
_MAX_HINT = 1024
_MAX_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Choice:
    """The identity providers that a login can use, at least one, the default one first.

    ``login_hint`` is the user name or e-mail address in the request, for the form or the provider.
    """

    providers: tuple[Provider, ...]
    login_hint: str | None = None

    @property
    def only(self) -> Provider | None:
        """The identity provider, if there is one only; it may be the local store."""
        return self.providers[0] if len(self.providers) == 1 else None

    @property
    def has_local_store(self) -> bool:
        """Whether users can log on with a password of the zone."""
        return any(each.is_local for each in self.providers)


def active_providers(zone: Zone, stored: Sequence[Provider]) -> tuple[Provider, ...]:
    """Return the active providers of the zone, the local store first, from all stored ones."""
    local = next((each for each in stored if each.is_local), local_store(zone))
    return tuple(each for each in (local, *_remote(stored)) if each.is_active)


def choose_provider(
    active: Sequence[Provider],
    allowed: Sequence[str] | None,
    *,
    idp: str | None = None,
    login_hint: str | None = None,
    default: str | None = None,
) -> Choice:
    """Return the providers that remain.

    ``allowed``: the origins that the client allows, None for all (I-48); ``idp`` and ``login_hint``
    are parameters of the request; ``default``: the origin of the zone's default provider (I-49).
    Raises GrantRefused: ``invalid_login_hint``, or ``access_denied`` if no provider remains.
    """
    usable = [each for each in active if allowed is None or each.origin in allowed]
    if not usable:
        raise GrantRefused("access_denied", NO_PROVIDER)
    if idp:
        return Choice((_named(usable, idp),), _address(login_hint))
    origin = _origin_in(login_hint)
    if origin is not None:
        return Choice((_named(usable, origin),))
    owner = _owner_of_domain(active, login_hint)
    if owner is not None:
        return Choice((_named(usable, owner.origin),), _address(login_hint))
    first = canonical_origin(default or "")
    ordered = sorted(usable, key=lambda each: (each.origin != first, not each.is_local, each.name))
    return Choice(tuple(ordered), _address(login_hint))


def requested_origin(idp: str | None, login_hint: str | None) -> str | None:
    """Return the origin that the parameters of a request name; raise GrantRefused.

    An e-mail address names none: a session of another provider can be its user's as well.
    """
    origin = idp or _origin_in(login_hint)
    return None if origin is None else canonical_origin(origin)


def _remote(stored: Sequence[Provider]) -> list[Provider]:
    return [each for each in stored if not each.is_local]


def _named(usable: Sequence[Provider], name: str) -> Provider:
    origin = canonical_origin(name)
    for each in usable:
        if each.origin == origin:
            return each
    raise GrantRefused(INVALID_HINT, _UNUSABLE_HINT)


def _origin_in(hint: str | None) -> str | None:
    """Return the origin in a hint of the form ``{"origin":"..."}``, None for other hints."""
    if hint is None:
        return None
    if len(hint) > _MAX_HINT:
        raise GrantRefused(INVALID_HINT, _UNUSABLE_HINT)
    text = unquote(hint) if hint[:3].upper() == "%7B" else hint
    if not text.startswith("{"):
        return None
    try:
        origin = read_object(text).get("origin")
    except MalformedJson:
        origin = None
    if not isinstance(origin, str):
        raise GrantRefused(INVALID_HINT, _UNUSABLE_HINT)
    return origin


def _owner_of_domain(active: Sequence[Provider], hint: str | None) -> Provider | None:
    """Return the one provider that lists the domain of the e-mail address in the hint."""
    _, at, domain = (hint or "").rpartition("@")
    if not at:
        return None
    name = domain.lower()
    owners = [each for each in active if name in each.configuration.get("emailDomain", ())]
    return owners[0] if len(owners) == 1 else None


def _address(hint: str | None) -> str | None:
    if not hint or len(hint) > _MAX_EMAIL or not hint.isprintable():
        return None
    return None if hint.startswith(("{", "%")) else hint
