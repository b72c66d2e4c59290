"""The change of a password by its user (I-22)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import Actor, ActorKind
from broker.authentication.passwords.check import LogonStore, LogonTimes, Passwords
from broker.authentication.session import WithSessions
from broker.errors import BrokerError
from broker.identity.set_password import LocalUsers, PasswordStore, SetPassword
from broker.identity.set_password import Passwords as StoredPasswords
from broker.transactions import Transactions

if TYPE_CHECKING:
    from broker.authentication.passwords.check import PasswordAttempt, PasswordCheck
    from broker.authentication.session import Session, Sessions
    from broker.identity.user import User


class ChangedUsers(LocalUsers, LogonTimes, Protocol):
    """The users whose passwords are changed."""


class ChangedPasswords(Passwords, StoredPasswords, Protocol):
    """The passwords that are checked and changed."""


class ReplaceStore(PasswordStore, WithSessions, Protocol):
    """What replaces a password."""

    @property
    def users(self) -> ChangedUsers:
        """The repository of users."""


class ChangeStore(LogonStore, ReplaceStore, Protocol):
    """The repositories of this module."""

    @property
    def users(self) -> ChangedUsers:
        """The repository of users."""

    @property
    def passwords(self) -> ChangedPasswords:
        """The repository of passwords."""


@dataclass(frozen=True, slots=True)
class ChangeOwnPassword:
    """Checks the current password and sets a new one; only the current session continues."""

    transactions: Transactions[ChangeStore]
    check: PasswordCheck
    set_password: SetPassword
    sessions: Sessions

    def __call__(
        self, session: Session, attempt: PasswordAttempt, password: str
    ) -> tuple[str, Session] | None:
        """Return the new cookie and the session, None if the current password is wrong.

        ``attempt`` has the name and the current password of the session's user. The user's other
        sessions and tokens end. Raises PasswordRefused, TooManyFailures and Busy.
        """
        checked = self.check(attempt)
        if checked is None or checked.user.row_id != session.user.row_id:
            return None
        try:
            # Takes long: a stolen session must not obtain it (D-41).
            self.set_password.require_accepted(session.user, password)
            phc = self.set_password.hash(password)
        except BrokerError:
            self.transactions.run(checked.clear)
            raise

        def change(store: ChangeStore) -> tuple[str, Session] | None:
            if not checked.complete(store):
                return None
            return replace_own_password(store, self.sessions, checked.user, phc, session)

        return self.transactions.run(change)


def replace_own_password(  # noqa: PLR0913 - what a login with a new password consists of
    store: ReplaceStore,
    sessions: Sessions,
    user: User,
    phc: str,
    previous: Session | None,
    *,
    client_id: str = "",
) -> tuple[str, Session] | None:
    """Store the hash that the user chose, end its sessions and tokens, and begin a session.

    ``previous`` is the browser's session, live or not. Return the new cookie and the session, None
    if the user was deleted or ended meanwhile. ``client_id`` is as for ``Sessions.begin``.
    """
    SetPassword.write(store, Actor(ActorKind.USER, user.user_id), user, phc)
    # With the token epoch that the change has raised.
    changed = store.users.at(user.row_id)
    if changed is None or not (changed.is_active and changed.provider_is_active):
        return None
    return sessions.begin(store, changed, changed.amr, previous=previous, client_id=client_id)
