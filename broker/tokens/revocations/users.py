"""Revocation of all tokens of a user, in the zone or at one client (O-103)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import client_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.descriptor.names import is_client_id
from broker.errors import NotFound, TooManyChanges
from broker.runtime.rate_window import RateWindow
from broker.tokens.revocations.marks import mark_expiry, revocation_mark
from broker.tokens.revocations.tokens import MAX_CHANGES, MAX_REVOKED
from broker.transactions import Rehearses, TellsTime

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

_USER_ID = re.compile(r"[0-9a-f\-]{36}")


class Users(Protocol):
    """Users within a transaction."""

    def find(self, user_id: str) -> User | None:
        """Return the user with this id, of any zone."""

    def end_all(self, user: User, now: datetime) -> object:
        """End the user's sessions, codes and tokens."""


class MarkedTokens(Protocol):
    """Revoked tokens within a transaction."""

    def client_row_id(self, zone_: Zone, client_id: str) -> int | None:
        """Return the row id of the zone's client, None if it has no such client."""

    def revoke_marked(
        self,
        client_row_id: int,
        mark: str,
        *,
        expires_at: datetime,
        now: datetime,
        limit: int | None = None,
    ) -> bool:
        """Store the mark, or advance its expiry; return False if ``limit`` is reached."""


class EndsGrants(Protocol):
    """Refresh tokens, or authorization codes, within a transaction."""

    def end_of(self, user_row_id: int, client_row_id: int) -> object:
        """End those of the user at the client."""


class UserRevocationStore(WithAudit, TellsTime, Rehearses, Protocol):
    """The store of a revocation."""

    @property
    def users(self) -> Users:
        """The repository of users."""

    @property
    def issued_tokens(self) -> MarkedTokens:
        """The repository of revoked tokens."""

    @property
    def refresh_tokens(self) -> EndsGrants:
        """The repository of refresh tokens."""

    @property
    def authorization_codes(self) -> EndsGrants:
        """The repository of authorization codes."""


@dataclass(frozen=True, slots=True)
class UserRevocation:
    """Revokes tokens of users of the requesting client's zone.

    ``backdate``: seconds by which the claim ``iat`` precedes the issue of a token. Each method
    raises NotFound for a user or client of another zone, and TooManyChanges beyond ``MAX_CHANGES``
    a minute by one client (D-63).
    """

    transactions: Transactions[UserRevocationStore]
    backdate: int
    limit: int = MAX_REVOKED
    changes: RateWindow = field(default_factory=lambda: RateWindow(MAX_CHANGES))

    def revoke_all(self, by: Client, user_id: str) -> None:
        """End all sessions, codes and tokens of the user."""
        self._count(by)

        def work(store: UserRevocationStore) -> None:
            user, now = _user(store, by.zone, user_id), store.time()
            store.users.end_all(user, now)
            store.audit.append(
                AuditEvent(
                    Action.END_SESSIONS,
                    client_actor(by.client_id),
                    Subject(SubjectKind.USER, user.user_id),
                    now,
                    {"name": user.name, "origin": user.origin},
                    zone_guid=by.zone.guid,
                )
            )

        self.transactions.run(work)

    def revoke_at(self, by: Client, user_id: str, client_id: str) -> bool:
        """End the codes and tokens of the user at this client; return False at the limit."""
        self._count(by)

        def work(store: UserRevocationStore) -> bool:
            user = _user(store, by.zone, user_id)
            known = is_client_id(client_id)
            row_id = store.issued_tokens.client_row_id(by.zone, client_id) if known else None
            if row_id is None:
                raise _not_found()
            store.refresh_tokens.end_of(user.row_id, row_id)
            store.authorization_codes.end_of(user.row_id, row_id)
            # After the wait for requests that use these: the mark covers the tokens they issued.
            mark, now = revocation_mark(client_id, user.user_id), store.time()
            if not store.issued_tokens.revoke_marked(
                row_id,
                mark,
                expires_at=mark_expiry(now, self.backdate),
                now=now,
                limit=self.limit,
            ):
                store.rehearse()
                return False
            store.audit.append(
                AuditEvent(
                    Action.REVOKE_TOKENS,
                    client_actor(by.client_id),
                    Subject(SubjectKind.CLIENT, client_id),
                    now,
                    # A restore repeats the revocation of this id.
                    {"token_id": mark, "user_id": user.user_id},
                    zone_guid=by.zone.guid,
                )
            )
            return True

        return self.transactions.run(work)

    def _count(self, client: Client) -> None:
        if seconds := self.changes.count(client.row_id):
            raise TooManyChanges(math.ceil(seconds))


def _user(store: UserRevocationStore, zone: Zone, user_id: str) -> User:
    user = store.users.find(user_id) if _USER_ID.fullmatch(user_id) else None
    if user is None or user.zone.row_id != zone.row_id:
        raise _not_found()
    return user


def _not_found() -> NotFound:
    return NotFound("Resource not found")
