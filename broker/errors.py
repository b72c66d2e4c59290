"""The one exception tree. The edges translate it; nobody else decides on a status code.

BrokerError
├── ConfigurationError    the process must not start (settings, keys, schema)
├── InvalidRequest        the input breaks a rule; carries every violation with its JSON path
├── AlreadyExists         the id is taken by something with other attributes
├── InstanceNotFound      no such service instance for this platform
├── BindingNotFound       no such binding in this instance
├── ForbiddenChange       an update asks for what can never change
├── MaintenanceConflict   the platform believes in another maintenance version than the catalog
├── Busy                  another operation held the lock too long
├── AuthenticationFailed  the one answer to every credential that is not accepted
├── ZoneNotFound          the host name of a request belongs to no zone
├── TooManyFailures       the same, from where it has happened too often
├── TokenInvalid          a presented token does not count, for whatever reason
├── AccessDenied          the caller is known and may not do this
├── GrantRefused          an OAuth error code for an authenticated or malformed token request
├── KeyChangeRefused      the signing keys are not in a state that allows what an operator asks
├── TrustUnknown          the operator's file of trusted authorities cannot be read now
├── IntegrityViolated     stored data does not authenticate: tampered, or sealed with another key
└── StoreUnavailable      the database cannot be reached or written
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class BrokerError(Exception):
    """Root of all errors this product raises on purpose; ``str()`` is safe to show a client."""


class ConfigurationError(BrokerError):
    """The process cannot run like this; the text says which setting or command mends it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: where (JSON path), what was found, what is allowed."""

    path: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.path}: {self.found}; allowed: {self.allowed}"

    def as_json(self) -> dict[str, str]:
        """Return the violation as a JSON object."""
        return {"path": self.path, "found": self.found, "allowed": self.allowed}


_MAX_SHOWN = 20
"""Violations spelled out in one text: platforms show a user about 8 kB at most."""


class InvalidRequest(BrokerError):
    """The input breaks one or more rules and nothing was changed."""

    def __init__(self, violations: Iterable[Violation], *, subject: str = "") -> None:
        """Take all violations at once; ``subject`` names the document they are in."""
        self.violations = tuple(violations)
        text = ". ".join(str(violation) for violation in self.violations[:_MAX_SHOWN])
        if len(self.violations) > _MAX_SHOWN:
            text += f". And {len(self.violations) - _MAX_SHOWN} more"
        super().__init__(f"{subject}: {text}" if subject else text)

    @classmethod
    def at(cls, path: str, found: str, allowed: str) -> InvalidRequest:
        """Build the error for a single broken rule."""
        return cls([Violation(path, found, allowed)])


class AlreadyExists(BrokerError):
    """Something with this id or name exists and differs."""


class InstanceNotFound(BrokerError):
    """The platform that asks has no such service instance."""

    def __init__(self) -> None:
        """Say nothing about other platforms' instances."""
        super().__init__("This service instance does not exist.")


class BindingNotFound(BrokerError):
    """The service instance has no such binding."""

    def __init__(self) -> None:
        """Say nothing about other instances' bindings."""
        super().__init__("This service binding does not exist in this service instance.")


class ForbiddenChange(BrokerError):
    """An update asks for a change that repeating can never make possible (D-08)."""


class MaintenanceConflict(BrokerError):
    """The request names a maintenance version that the catalog does not have (OSB-PROV-11)."""


class Busy(BrokerError):
    """Another operation on the same service instance did not end in time (OSB-CONC-01)."""


class AuthenticationFailed(BrokerError):
    """The credential is not accepted. Clients see one text; ``reason`` is for the log (D-17)."""

    def __init__(self, reason: str, *, credential_id: int | None = None) -> None:
        """Keep the true reason out of the public text.

        The reason is one of a few fixed texts: metrics count by it. ``credential_id`` is the row
        that was tried, if there is one.
        """
        self.reason = reason
        self.credential_id = credential_id
        super().__init__("Bad credentials")


class TooManyFailures(BrokerError):
    """One more failed authentication of a client from an address where many have failed (D-37)."""

    def __init__(self, retry_after: int) -> None:
        """``retry_after``: seconds until failures are answered as usual again."""
        self.retry_after = retry_after
        super().__init__(f"Too many failed attempts; try again in {retry_after} seconds")


class TokenInvalid(BrokerError):
    """A token that does not count. ``reason`` is for the log, the text for the client."""

    def __init__(self, reason: str, text: str = "Token was not recognised") -> None:
        """Tell the client no more than whether the token was one of ours."""
        self.reason = reason
        super().__init__(text)


class AccessDenied(BrokerError):
    """An authenticated caller lacks what the endpoint demands; ``scope`` names it, if it is one."""

    def __init__(self, scope: str = "") -> None:
        """Answer in UAA's words."""
        self.scope = scope
        super().__init__("Access is denied")


class ZoneNotFound(BrokerError):
    """A request came to the host name of a zone that does not exist."""

    def __init__(self) -> None:
        """Say it in XSUAA's words."""
        super().__init__("The subdomain does not map to a valid identity zone.")


class GrantRefused(BrokerError):
    """A token request that fails with an RFC 6749 section 5.2 error code."""

    def __init__(self, code: str, description: str) -> None:
        """``code`` is the wire value, e.g. ``invalid_scope``; ``description`` is for humans."""
        self.code = code
        super().__init__(description)


class KeyChangeRefused(BrokerError):
    """A change of the signing keys that makes no sense now; the text says why."""


class IntegrityViolated(BrokerError):
    """Stored bytes fail their authentication tag."""


class TrustUnknown(BrokerError):
    """Nobody can say whom the operator trusts; who depends on that has to wait for him."""

    def __init__(self) -> None:
        """Name no file: clients see the text."""
        super().__init__(
            "The certificates that the operator trusts cannot be read at the moment; certificates"
            " of your own can neither be bound nor used until the operator mends that."
        )


class StoreUnavailable(BrokerError):
    """The database did not answer or refused to write; repeating later may succeed."""
