"""The exception tree. Only the edges map its errors to status codes.

BrokerError
├── ConfigurationError    the process cannot run (settings, keys, schema)
├── InvalidRequest        the input breaks rules; carries every violation with its JSON path
├── AlreadyExists         the id is in use with other attributes
│   └── UserExists        another user of the origin has the name
├── InstanceNotFound      no such service instance for this platform
├── BindingNotFound       no such binding in this instance
├── NotFound              the zone has no such user, role collection, role or identity provider
│   └── RoleCollectionNotFound
├── StateConflict         the current state does not allow the change
│   └── ReadOnly          the object changes with the descriptor of its application only
├── ForbiddenChange       an update requests a change that is never possible
├── MaintenanceConflict   the request names another maintenance version than the catalog
├── Busy                  another operation held the lock too long
├── AuthenticationFailed  the credential is not accepted
├── TooManyFailures       one failed authentication too many from this address
├── TooManyChanges        one state change too many by this client
├── ZoneNotFound          the host name of a request belongs to no zone
├── TokenInvalid          a presented token is not valid
├── AccessDenied          the authenticated caller lacks permission
├── GrantRefused          an OAuth error code for an authenticated or malformed token request
├── KeyChangeRefused      the state of the signing keys does not allow the requested change
├── TrustUnknown          the operator's file of trusted CA certificates cannot be read now
├── ProviderUnavailable   an identity provider cannot be reached, or not used as it responds
├── ProviderDenied        an identity provider refuses a logon
├── LogonInvalid          the response of an identity provider proves no logon
├── IntegrityViolated     stored data fails authentication: tampered, or sealed with another key
└── StoreUnavailable      the database cannot be reached or written
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class BrokerError(Exception):
    """Root of all errors that the broker raises; ``str()`` is safe to show to a client."""

    def add_prefix(self, prefix: str) -> None:
        """Begin the text with ``prefix`` and a colon."""
        self.args = (f"{prefix}: {self}",)


class ConfigurationError(BrokerError):
    """The process cannot run; the text names the setting or command that fixes it."""


WHOLE_DOCUMENT = "$"
"""The JSON path of a violation that concerns no single part; texts leave it out."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: the JSON path, the value found, the values allowed."""

    path: str
    found: str
    allowed: str

    def __str__(self) -> str:
        # Phrases of the original end with a period.
        allowed = self.allowed.rstrip(".")
        is_limit = allowed.startswith(("at most ", "at least "))
        rule = allowed if is_limit else f"allowed: {allowed}"
        text = f"{self.found.rstrip('.')}; {rule}"
        return text if self.path == WHOLE_DOCUMENT else f"{self.path}: {text}"

    def as_json(self) -> dict[str, str]:
        """Return the violation as a JSON object."""
        return {"path": self.path, "found": self.found, "allowed": self.allowed}


_MAX_SHOWN = 20
_MAX_TEXT = 7_500
"""Violations and characters in one text: platforms show users at most about 8 kB."""


def joined(violations: Sequence[Violation]) -> str:
    """Return the violations as sentences without a final period, the first ones of a long list."""
    shown: list[str] = []
    for violation in violations[:_MAX_SHOWN]:
        text = str(violation)
        if shown and len(text) + sum(len(each) + 2 for each in shown) > _MAX_TEXT:
            break
        shown.append(text)
    more = len(violations) - len(shown)
    if more:
        shown.append(f"And {more} more")
    ended = [each if each.endswith("?") else f"{each}." for each in shown[:-1]]
    return " ".join([*ended, *shown[-1:]])


class InvalidRequest(BrokerError):
    """The input breaks one or more rules and nothing was changed."""

    def __init__(self, violations: Iterable[Violation], *, subject: str = "") -> None:
        """``subject`` names the document that contains the violations."""
        self.violations = tuple(violations)
        text = joined(self.violations)
        super().__init__(f"{subject}: {text}" if subject else text)

    @classmethod
    def at(cls, path: str, found: str, allowed: str) -> InvalidRequest:
        """Build the error for a single broken rule."""
        return cls([Violation(path, found, allowed)])

    @classmethod
    def saying(cls, text: str, violations: Iterable[Violation]) -> InvalidRequest:
        """Build the error with a text of its own instead of the list of violations."""
        error = cls(violations)
        error.args = (text,)
        return error


class AlreadyExists(BrokerError):
    """The id or name is in use with other attributes."""


class UserExists(AlreadyExists):
    """Another user of the origin has the requested ``name``; its id and state follow (I-02)."""

    def __init__(self, text: str, name: str, user_id: str, *, is_active: bool) -> None:
        self.name, self.user_id, self.is_active = name, user_id, is_active
        super().__init__(text)


class InstanceNotFound(BrokerError):
    """The requesting platform has no such service instance; other platforms' are not revealed."""

    def __init__(self) -> None:
        super().__init__("This service instance does not exist.")


class BindingNotFound(BrokerError):
    """The service instance has no such binding; those of others are not revealed."""

    def __init__(self) -> None:
        super().__init__("This service binding does not exist in this service instance.")


class NotFound(BrokerError):
    """The named zone, user, role collection, role, provider or application does not exist."""


class RoleCollectionNotFound(NotFound):
    """The zone has no such role collection."""

    def __init__(self, zone: str, name: str, text: str) -> None:
        """``zone`` is a GUID; ``text`` is for users of the command line."""
        self.zone = zone
        self.name = name
        super().__init__(text)


class StateConflict(BrokerError):
    """The current state does not allow the change; the text names what must change first."""


class ReadOnly(StateConflict):
    """The object belongs to an application, whose descriptor alone changes it (I-150)."""


class ForbiddenChange(BrokerError):
    """An update requests a change that is never possible, also when repeated (D-08)."""

    def __init__(self, text: str, violations: Iterable[Violation] = ()) -> None:
        """``violations``: the forbidden changes in the descriptor, if ``text`` lists several."""
        self.violations = tuple(violations)
        super().__init__(text)


class MaintenanceConflict(BrokerError):
    """The maintenance version in the request is not the catalog's (OSB-PROV-11)."""


class Busy(BrokerError):
    """Another operation on the same service instance did not end in time (OSB-CONC-01)."""


class AuthenticationFailed(BrokerError):
    """The credential is not accepted. Clients see one text; ``reason`` is logged (D-17)."""

    def __init__(self, reason: str, *, credential_id: int | None = None) -> None:
        """``reason`` is one of a few fixed texts, a label of metrics; clients never see it.

        ``credential_id`` is the row of the presented credential, if there is one.
        """
        self.reason = reason
        self.credential_id = credential_id
        super().__init__("Bad credentials")


class TooManyFailures(BrokerError):
    """Authentication failed again for a client and address over the limit (D-37)."""

    def __init__(self, retry_after: int) -> None:
        """``retry_after``: seconds until failures are within the limit again."""
        self.retry_after = retry_after
        super().__init__(f"Too many failed attempts; try again in {retry_after} seconds")


class TooManyChanges(BrokerError):
    """A client requests more state changes than the limit allows; nothing was changed (D-63)."""

    def __init__(self, retry_after: int) -> None:
        """``retry_after``: seconds until the next change is accepted."""
        self.retry_after = retry_after
        super().__init__(f"Too many revocations; try again in {retry_after} seconds")


class TokenInvalid(BrokerError):
    """The token is not valid. ``reason`` is logged, ``text`` is shown to the client."""

    def __init__(self, reason: str, text: str = "Token was not recognised") -> None:
        """``text`` must not tell a client why its token is not valid."""
        self.reason = reason
        super().__init__(text)


class AccessDenied(BrokerError):
    """The authenticated caller lacks permission; ``scope`` is the missing scope, if any."""

    def __init__(self, scope: str = "") -> None:
        self.scope = scope
        super().__init__("Access is denied")


class ZoneNotFound(BrokerError):
    """The host name of a request belongs to no existing zone; the text is XSUAA's."""

    def __init__(self) -> None:
        super().__init__("The subdomain does not map to a valid identity zone.")


class GrantRefused(BrokerError):
    """A token request fails with an error code of RFC 6749 section 5.2."""

    def __init__(self, code: str, description: str, *, is_unauthorized: bool = False) -> None:
        """``code`` is the wire value: one of RFC 6749, or UAA's ``query_string_not_allowed``.

        ``is_unauthorized``: the user or the presented token is refused, as UAA does with status
        401 (O-41, O-44, O-46).
        """
        self.code = code
        self.is_unauthorized = is_unauthorized
        super().__init__(description)


class KeyChangeRefused(BrokerError):
    """The signing keys cannot be changed as requested now; the text states the reason."""


class ProviderUnavailable(BrokerError):
    """An identity provider cannot be reached or used now; ``reason`` is logged only."""

    def __init__(self, reason: str, *, is_busy: bool = False) -> None:
        """``reason`` may name addresses in the operator's network, which users must not see.

        ``is_busy``: the server itself has too many requests to providers.
        """
        self.reason = reason
        self.is_busy = is_busy
        super().__init__("The identity provider cannot be reached at the moment.")


class ProviderDenied(BrokerError):
    """An identity provider refuses the logon; the text contains its error, in printable form."""


class LogonInvalid(BrokerError):
    """A response of an identity provider fails a check; ``reason`` is logged only (I-38, I-39)."""

    def __init__(self, reason: str) -> None:
        """``reason`` contains no value of the response."""
        self.reason = reason
        super().__init__("The response of the identity provider is not valid.")


class IntegrityViolated(BrokerError):
    """Stored bytes fail the check of their authentication tag."""


class TrustUnknown(BrokerError):
    """The trusted CA certificates of the operator cannot be read; clients see no file name."""

    def __init__(self) -> None:
        super().__init__(
            "The trusted CA certificates cannot be read at the moment. Self-managed certificates"
            " can be neither bound nor used until the operator fixes this."
        )


class StoreUnavailable(BrokerError):
    """The database is unreachable or refuses to write; a later retry may succeed."""
