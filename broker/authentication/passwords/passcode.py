"""One-time passcodes, with which a logon in a browser continues on the command line (I-105)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from broker.authentication.passwords.sources import prefix_of
from broker.authentication.passwords.throttle import PASSCODE, Charge, Counted, Counters, count
from broker.credentials.digest import DigestKeys, key_of_digest, keyed_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.transactions import Transactions

LIFETIME = timedelta(minutes=5)

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without characters that look alike."""

_LENGTH = 10
_MAX_INPUT = 64
_VERSION = "passcode v1"


@dataclass(frozen=True, slots=True, repr=False)
class StoredPasscode:
    """A passcode: the user as currently stored, and the logon that it continues."""

    user: User
    lookup: str
    digest: bytes
    digest_key_id: int
    auth_time: datetime
    amr: tuple[str, ...]
    token_epoch: int
    expires_at: datetime


class PasscodeRepository(Protocol):
    """The stored passcodes, within a transaction."""

    def put(self, passcode: StoredPasscode) -> None:
        """Store the passcode as the user's only one."""

    def find(self, lookups: Sequence[str]) -> StoredPasscode | None:
        """Return the passcode with one of these look-up values."""

    def take(self, passcode: StoredPasscode) -> bool:
        """Delete the passcode; return False if it was used or replaced meanwhile."""


class LogonTimes(Protocol):
    """The users, within a transaction."""

    def record_logon(self, user: User, now: datetime, /) -> bool:
        """Store the time of a logon; return False if the user was deleted or ended meanwhile."""


class PasscodeStore(Protocol):
    """The repositories of this module."""

    @property
    def passcodes(self) -> PasscodeRepository:
        """The repository of passcodes."""

    @property
    def users(self) -> LogonTimes:
        """The repository of users."""

    @property
    def throttle_counters(self) -> Counters:
        """The repository of counters."""

    def time(self) -> datetime:
        """Return the database's time."""


@dataclass(frozen=True, slots=True, repr=False)
class CheckedPasscode:
    """A valid passcode, not used yet."""

    passcode: StoredPasscode
    counted: Counted

    def complete(self, store: PasscodeStore) -> bool:
        """Use the passcode, in the transaction of what it gives; return False if it ended."""
        if not store.passcodes.take(self.passcode):
            return False
        self.counted.succeed(store)
        return store.users.record_logon(self.passcode.user, store.time())


@dataclass(frozen=True, slots=True)
class Passcodes:
    """Creates and checks passcodes, which clients of the user's zone may use once."""

    transactions: Transactions[PasscodeStore]
    keys: DigestKeys

    def create(self, user: User, auth_time: datetime, amr: Sequence[str]) -> str:
        """Return a new passcode for the user's logon; the user's earlier one ends."""
        text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        key = self.keys.newest_digest_key()
        lookup = _lookup(key.secret, user.zone.guid, text)

        def put(store: PasscodeStore) -> None:
            store.passcodes.put(
                StoredPasscode(
                    user,
                    lookup,
                    _digest(key.secret, lookup, user, text),
                    key.id,
                    auth_time,
                    tuple(amr),
                    user.token_epoch,
                    store.time() + LIFETIME,
                )
            )

        self.transactions.run(put)
        return text

    def check(self, client: Client, text: str, address: str) -> CheckedPasscode | None:
        """Return the valid passcode, which stays unused; None for any other text.

        Raises TooManyFailures. The attempt is counted before the check (I-19).
        """
        text = text[:_MAX_INPUT].strip().upper()
        lookups = [_lookup(key.secret, client.zone.guid, text) for key in self.keys.digest_keys()]
        charge = Charge(PASSCODE, (str(client.row_id), prefix_of(address)))

        def find(store: PasscodeStore) -> CheckedPasscode | None:
            now = store.time()
            counted = count(store, self.keys, [charge], now)
            found = store.passcodes.find(lookups)
            if found is None or not self._is_valid(found, client, text, now):
                return None
            return CheckedPasscode(found, counted)

        return self.transactions.run(find)

    def _is_valid(self, found: StoredPasscode, client: Client, text: str, now: datetime) -> bool:
        user = found.user
        key = key_of_digest(self.keys, found.digest_key_id)
        return (
            key is not None
            and hmac.compare_digest(_digest(key.secret, found.lookup, user, text), found.digest)
            and now < found.expires_at
            and user.zone.row_id == client.zone.row_id
            and user.token_epoch == found.token_epoch
        )


def _lookup(key: bytes, zone_guid: str, text: str) -> str:
    # A keyed digest: the database contains no part of the short code.
    return keyed_digest(key, f"{_VERSION} lookup", zone_guid, text).hex()


def _digest(key: bytes, lookup: str, user: User, text: str) -> bytes:
    return keyed_digest(key, _VERSION, lookup, str(user.row_id), user.user_id, user.zone.guid, text)
