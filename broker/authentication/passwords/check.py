"""The check of a user's password, with the same work for every failure (I-16, I-19, D-41)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.authentication.passwords import sources as source_of
from broker.authentication.passwords.sources import KnownSources, SourceKind
from broker.authentication.passwords.throttle import (
    ADDRESS,
    KNOWN_SOURCE,
    NAME,
    NAME_AND_SOURCE,
    Charge,
    Counted,
    count,
)
from broker.errors import BrokerError, InvalidRequest
from broker.identity.password_hash import DUMMY_HASH, needs_rehash
from broker.identity.password_policy import require_bounded
from broker.identity.user import folded
from broker.identity.users.attributes import MAX_NAME

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authentication.passwords.hashing import PasswordHashing
    from broker.authentication.passwords.sources import Known, Source
    from broker.authentication.passwords.throttle import Counters
    from broker.credentials.digest import DigestKeys
    from broker.identity.password import Password
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


class Passwords(Protocol):
    """The passwords of local users, within a transaction."""

    def for_logon(self, zone: Zone, folded_name: str, /) -> tuple[User, Password | None] | None:
        """Return the zone's local user and its password, in one statement."""

    def rehash(self, user: User, password: Password, phc: str, /) -> None:
        """Replace the hash of an unchanged password by one with other parameters."""


class LogonTimes(Protocol):
    """The users, within a transaction."""

    def at(self, row_id: int, /) -> User | None:
        """Return the user with this row id, as currently stored."""

    def record_logon(self, user: User, now: datetime, /) -> bool:
        """Store the time of a logon; return False if the user was deleted or ended meanwhile."""


class LogonStore(Protocol):
    """The repositories of this module."""

    @property
    def passwords(self) -> Passwords:
        """The repository of passwords."""

    @property
    def users(self) -> LogonTimes:
        """The repository of users."""

    @property
    def known_sources(self) -> KnownSources:
        """The repository of known sources."""

    @property
    def throttle_counters(self) -> Counters:
        """The repository of counters."""

    def time(self) -> datetime:
        """Return the database's time."""


@dataclass(frozen=True, slots=True, repr=False)
class PasswordAttempt:
    """A name and a password, with the source they came from.

    ``address`` is the client's address; ``client_row_id`` is set for the password grant, whose
    requests come from an application; ``device`` is the value of a device cookie.
    """

    zone: Zone
    name: str
    password: str
    address: str
    client_row_id: int | None = None
    device: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class _Attempted:
    """A counted attempt: the hash to verify, and the user if it may log on."""

    counted: Counted
    user: User | None
    password: Password | None
    sources: tuple[Source, ...]
    known: Known
    is_first: bool
    """Whether the hash precedes others."""

    @property
    def phc(self) -> str:
        return self.password.hash if self.password else DUMMY_HASH


@dataclass(frozen=True, slots=True, repr=False)
class CheckedPassword:
    """A user with the right password; ``complete`` stores the success."""

    user: User
    password: Password
    counted: Counted
    sources: tuple[Source, ...]
    rehashed: str | None

    def clear(self, store: LogonStore) -> None:
        """Clear the counters, because the password is right (I-20)."""
        self.counted.succeed(store)

    def complete(self, store: LogonStore) -> bool:
        """Store the logon, in the transaction of what it gives.

        Return False if the user was deleted or ended while the hash was computed (I-09).
        """
        self.clear(store)
        now = store.time()
        if not store.users.record_logon(self.user, now):
            return False
        if self.sources:
            store.known_sources.remember(self.user, self.sources, now)
        if self.rehashed:
            store.passwords.rehash(self.user, self.password, self.rehashed)
        return True


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Checks passwords of local users.

    The attempt is counted as a failure in a transaction of its own before the hash, so that
    parallel guesses do not pass the limits, and cleared in the transaction of the success.
    """

    transactions: Transactions[LogonStore]
    keys: DigestKeys
    hashing: PasswordHashing

    def __call__(self, attempt: PasswordAttempt) -> CheckedPassword | None:
        """Return the user, None for a wrong password or a user that cannot log on.

        Raises TooManyFailures, alike for known and unknown names, and Busy.
        """
        if attempt.client_row_id is not None:
            self.hashing.require_room(is_first=False)
        found = self.transactions.run(lambda store: self._count(store, attempt))
        text = _bounded(attempt.password)
        try:
            is_right = self.hashing.verify(found.phc, text, is_first=found.is_first)
            user, password = found.user, found.password
            if not is_right or user is None or password is None:
                return None
            rehashed = self.hashing.hash(text) if needs_rehash(password.hash) else None
        except BrokerError:
            self.transactions.run(found.counted.undo)
            raise
        to_renew = tuple(each for each in found.sources if each.kind in found.known.to_renew)
        return CheckedPassword(user, password, found.counted, to_renew, rehashed)

    def _count(self, store: LogonStore, attempt: PasswordAttempt) -> _Attempted:
        now, name = store.time(), folded(attempt.name[:MAX_NAME])
        # No user has an unprintable name, and PostgreSQL refuses to look up some of them.
        stored_name = name if name.isprintable() and len(attempt.name) <= MAX_NAME else ""
        user, password = store.passwords.for_logon(attempt.zone, stored_name) or (None, None)
        sources = self._sources(attempt, user, password)
        known = store.known_sources.known(attempt.zone, user.row_id if user else 0, sources, now)
        is_first = attempt.client_row_id is None and _is_known(known)
        self.hashing.require_room(is_first=is_first)
        charges = _charges(attempt, name, known, sources)
        counted = count(store, self.keys, charges, now)
        may_log_on = user is not None and user.is_active
        return _Attempted(counted, user if may_log_on else None, password, sources, known, is_first)

    def _sources(
        self, attempt: PasswordAttempt, user: User | None, password: Password | None
    ) -> tuple[Source, ...]:
        found = [
            source_of.device(self.keys, attempt.device, user, password),
            source_of.network(self.keys, attempt.address),
        ]
        if attempt.client_row_id is not None:
            found.append(source_of.client(self.keys, attempt.client_row_id))
        return tuple(found)


def _is_known(known: Known) -> bool:
    """Return whether the attempt is from a device or network of the user."""
    return not known.kinds.isdisjoint((SourceKind.DEVICE, SourceKind.NETWORK))


def _charges(
    attempt: PasswordAttempt, name: str, known: Known, sources: tuple[Source, ...]
) -> list[Charge]:
    """Return the budgets of the attempt (D-41).

    A device or network with an earlier logon of the user has its own, and failures elsewhere do
    not delay it. An application's users share its address: they are told apart by client and name.
    Clients share no budget, except that of the name: another one at the same address must neither
    delay a user nor learn which names exist.
    """
    zone, prefix = attempt.zone.guid, source_of.prefix_of(attempt.address)
    place = prefix if attempt.client_row_id is None else f"client {attempt.client_row_id}"
    for source in sources:
        if source.kind != SourceKind.CLIENT and source.kind in known.kinds:
            at_client = () if attempt.client_row_id is None else (place,)
            known_at = source.kind, source.lookups[0], *at_client
            own = Charge(KNOWN_SOURCE, (zone, name, *known_at))
            return [own, Charge(NAME, (zone, name), is_enforced=False, is_counted=False)]
    charges = [
        Charge(NAME_AND_SOURCE, (zone, name, place)),
        Charge(NAME, (zone, name), is_enforced=SourceKind.CLIENT not in known.kinds),
    ]
    if not known.is_place_spared:
        charges.append(Charge(ADDRESS, (place,)))
    return charges


def _bounded(password: str) -> str:
    """Return the password, or one that is certainly wrong for a text that is too long to hash."""
    try:
        require_bounded(password)
    except InvalidRequest:
        return ""
    return password
