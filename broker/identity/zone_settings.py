"""The settings that administrators of a zone change: token policy, default provider, redirects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, NotFound, Violation
from broker.identity.administered_zone import ZoneStore, administered_zone, lock_providers
from broker.identity.providers.provider import Provider
from broker.identity.user import LOCAL_ORIGIN, canonical_origin
from broker.identity.zone import OPERATOR_INDEX, Zone
from broker.redirects.frames import frame_source, parse_frame_origin
from broker.redirects.policy import RedirectPolicy
from broker.redirects.uri import parse_uri
from broker.transactions import Locks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.transactions import Transactions

DEFAULT: Final = -1
"""The validity that means the default, as in XSUAA's API."""

MIN_VALIDITY: Final = 1800
MAX_ACCESS_VALIDITY: Final = 86_400
MAX_REFRESH_VALIDITY: Final = 31_536_000
"""Seconds, as in XSUAA."""


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """The settings of a zone; validities are seconds, None the broker's default.

    A client's own validity applies up to the zone's, which is a maximum for all its tokens (D-43).
    """

    default_idp: str | None = None
    """The origin of password grants without a hint (I-49)."""
    access_token_validity: int | None = None
    refresh_token_validity: int | None = None
    refresh_token_rotate: bool = False
    refresh_token_unique: bool = False
    same_email_is_same_user: bool = False
    """Stored and returned without effect: users of different origins stay separate (I-05)."""
    iframe_domains: tuple[str, ...] = ()
    """Origins whose pages may show the zone's pages in frames: sources of a CSP (I-87)."""
    home_redirect: str | None = None
    """The URI after a logout that names none (I-101)."""
    logout_redirects: tuple[str, ...] = ()
    """Patterns of further URIs that a logout may name (I-101)."""
    version: int = 0
    updated_at: datetime | None = None


class StoresZoneSettings(Protocol):
    """Stores the settings of zones."""

    def of(self, zone_: Zone) -> ZoneSettings:
        """Return the settings of the zone, the defaults if it has not changed any."""

    def write(self, zone_: Zone, settings: ZoneSettings) -> None:
        """Store the settings."""


class FindsProviders(Protocol):
    """Finds identity providers."""

    def find(self, zone_: Zone, origin: str) -> Provider | None:
        """Return the record of the zone's provider with this origin."""


class ZoneSettingsTransaction(WithAudit, ZoneStore, Locks, Protocol):
    """The store of a zone's settings."""

    @property
    def zone_settings(self) -> StoresZoneSettings:
        """The repository of settings."""

    @property
    def providers(self) -> FindsProviders:
        """The repository of identity providers."""


@dataclass(frozen=True, slots=True)
class ChangeZoneSettings:
    """Reads and changes the settings of a zone."""

    transactions: Transactions[ZoneSettingsTransaction]
    clock: Clock
    redirects: RedirectPolicy = field(default_factory=RedirectPolicy)

    def of(self, zone: str) -> ZoneSettings:
        """Return the settings; raise NotFound, StateConflict."""
        return self.transactions.read(
            lambda store: store.zone_settings.of(administered_zone(store, zone))
        )

    def public(self, subdomain: str | None, guid: str | None) -> ZoneSettings:
        """Return the settings of the zone with this subdomain or GUID, for anyone.

        Raises InvalidRequest unless one of them is given, NotFound and StateConflict.
        """
        name = subdomain if guid is None else guid
        if name is None or (subdomain is not None and guid is not None):
            found = "neither" if name is None else "both"
            raise InvalidRequest.at("query parameters subdomain and tenantId", found, "one")

        def read(store: ZoneSettingsTransaction) -> ZoneSettings:
            zone = administered_zone(store, name)
            # Not by index, nor the operator's zone.
            if zone.index == OPERATOR_INDEX or name not in {zone.subdomain, zone.guid}:
                raise NotFound("There is no such subaccount.")
            return store.zone_settings.of(zone)

        return self.transactions.read(read)

    def __call__(self, actor: Actor, zone: str, changes: Mapping[str, Any]) -> ZoneSettings:
        """Change the given members, by name; return the settings.

        A validity of -1, and None as default provider or home redirect, mean the default. Raises
        InvalidRequest, NotFound, StateConflict.
        """
        valid = self._valid(changes)

        def work(store: ZoneSettingsTransaction) -> ZoneSettings:
            in_zone = administered_zone(store, zone)
            # A deletion of the default provider changes the settings, too.
            lock_providers(store, in_zone)
            store.lock(f"settings of {in_zone.guid}")
            origin = valid.get("default_idp")
            if origin not in {None, LOCAL_ORIGIN} and not store.providers.find(in_zone, origin):
                raise InvalidRequest.at(
                    "default-idp",
                    f'"{printable(origin)}"',
                    f"{LOCAL_ORIGIN} or the origin of an identity provider of the zone",
                )
            before, now = store.zone_settings.of(in_zone), self.clock.now()
            after = replace(before, **valid)
            if after == before:
                return before
            after = replace(after, version=before.version + 1, updated_at=now)
            store.zone_settings.write(in_zone, after)
            details = {
                "changed": {name: getattr(after, name) for name in valid},
                "previous": {name: getattr(before, name) for name in valid},
            }
            subject = Subject(SubjectKind.ZONE, in_zone.guid)
            store.audit.append(
                AuditEvent(Action.CHANGE_ZONE, actor, subject, now, details, zone_guid=in_zone.guid)
            )
            return after

        return self.transactions.run(work)

    def _valid(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        violations = [
            violation for name, value in changes.items() for violation in self._found(name, value)
        ]
        if violations:
            raise InvalidRequest(violations)
        valid = {name: None if value == DEFAULT else value for name, value in changes.items()}
        if isinstance(origin := valid.get("default_idp"), str):
            valid["default_idp"] = canonical_origin(origin)
        if frames := valid.get("iframe_domains"):
            sources = (frame_source(parse_frame_origin(text)) for text in frames)
            valid["iframe_domains"] = tuple(dict.fromkeys(sources))
        return valid

    def _found(self, name: str, value: Any) -> Iterator[Violation]:
        path = name.replace("_", "-")
        if (broken := _broken(name, value)) is not None:
            yield Violation(path, *broken)
        elif name == "iframe_domains":
            yield from self.redirects.violations(value, path, parse_frame_origin)
        elif name == "logout_redirects":
            yield from self.redirects.violations(value, path)
        elif name == "home_redirect" and value is not None:
            for each in self.redirects.violations([value], path, parse_uri):
                yield replace(each, path=path)


_VALIDITIES: Final = {
    "access_token_validity": MAX_ACCESS_VALIDITY,
    "refresh_token_validity": MAX_REFRESH_VALIDITY,
}
_MAX_ORIGIN: Final = 36
_FLAGS: Final = frozenset({"refresh_token_rotate", "refresh_token_unique"})
_URIS: Final = frozenset({"iframe_domains", "home_redirect", "logout_redirects"})
_MAX_ENTRIES: Final = 50
_CHANGEABLE: Final = frozenset({"default_idp", *_VALIDITIES, *_FLAGS, *_URIS})


def _broken(name: str, value: object) -> tuple[str, str] | None:
    if name not in _CHANGEABLE:
        return "a setting that cannot be changed", ", ".join(sorted(_CHANGEABLE))
    if name in _URIS:
        return _broken_uris(name, value)
    if name in _FLAGS:
        return None if isinstance(value, bool) else ("no boolean", "true or false")
    if name not in _VALIDITIES:
        is_origin = value is None or (isinstance(value, str) and len(value) <= _MAX_ORIGIN)
        return None if is_origin else ("no origin", "the origin of an identity provider")
    most = _VALIDITIES[name]
    allowed = f"{MIN_VALIDITY} to {most} seconds, or {DEFAULT} for the default"
    if isinstance(value, bool) or not isinstance(value, int):
        return "no whole number", allowed
    is_valid = value == DEFAULT or MIN_VALIDITY <= value <= most
    return None if is_valid else (f"{value} seconds", allowed)


def _broken_uris(name: str, value: object) -> tuple[str, str] | None:
    if name == "home_redirect":
        is_text = value is None or isinstance(value, str)
        return None if is_text else ("no URI", "an absolute URI")
    if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
        return "no list of URIs", "a list of URIs"
    is_short = len(value) <= _MAX_ENTRIES
    return None if is_short else (f"{len(value)} entries", f"at most {_MAX_ENTRIES} entries")
