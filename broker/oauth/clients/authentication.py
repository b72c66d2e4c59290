"""Client authentication, with the same rules at every endpoint that requires it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from broker.authentication.secret import NO_RESULTS, LookedUp
from broker.descriptor.names import is_client_id
from broker.errors import AuthenticationFailed, GrantRefused, TooManyFailures
from broker.logs.structured import add_to_subject
from broker.oauth.clients.secrets import PresentedSecret, presented_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from broker.addresses import Addresses
    from broker.authentication.certificate import CertificateAuthenticator
    from broker.authentication.client import AuthenticatedClient
    from broker.authentication.failure_limit import FailureLimit
    from broker.authentication.former_zone import FormerZones
    from broker.authentication.secret import Presented, SecretAuthenticator
    from broker.identity.client import Client
    from broker.oauth.observer import TokenObserver

CertificateSource = Callable[[Mapping[str, Any]], bytes | None]
"""Reads the client certificate from a WSGI environment; may raise AuthenticationFailed."""

NO_CREDENTIALS = ("", "")
"""Looked up for a request without usable credentials."""


class Attempt(NamedTuple):
    """The credentials of a request, not verified yet; created by ``ClientAuthentication.read``."""

    environ: Mapping[str, Any]
    form: Mapping[str, str]
    certificate: bytes | None = None
    candidates: Sequence[PresentedSecret] = ()
    failure: AuthenticationFailed | GrantRefused | None = None

    def __repr__(self) -> str:
        """Keep the credentials out of logs and tracebacks."""
        return "Attempt()"

    def to_look_up(self) -> list[Presented]:
        """Return the pair of client id and secret to look up first, if there is one."""
        if isinstance(self.failure, AuthenticationFailed):
            return [NO_CREDENTIALS]
        return [(each.client_id, each.client_secret) for each in self.candidates[:1]]

    @property
    def client_id(self) -> str:
        """The client id for counters and the log; '' if it does not have the form of one.

        The secret of a client that swaps id and secret must not reach the log.
        """
        if self.failure is not None:
            return ""
        in_form = self.form.get("client_id", "")
        presented = self.candidates[-1].client_id if self.candidates else in_form
        return presented if is_client_id(presented) else ""


class RefusalCounter(Protocol):
    """Counts failed authentications."""

    def refused(self, error: AuthenticationFailed, address: str, client_id: str) -> None:
        """Count an attempt from the address; ``client_id`` is '' if it is malformed."""


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Authenticates the client of a request."""

    authenticator: SecretAuthenticator
    certificates: CertificateAuthenticator
    presented_certificate: CertificateSource
    addresses: Addresses
    limit: FailureLimit
    refusals: RefusalCounter
    address_of: Callable[[Mapping[str, Any]], str]
    observer: TokenObserver
    former_zones: FormerZones

    def read(self, environ: Mapping[str, Any], form: Mapping[str, str]) -> Attempt:
        """Read the credentials from the WSGI environment's headers and the form."""
        authorization = environ.get("HTTP_AUTHORIZATION")
        certificate: bytes | None = None
        candidates: Sequence[PresentedSecret] = ()
        try:
            certificate = self.presented_certificate(environ)
            if certificate is None or authorization is not None or "client_secret" in form:
                candidates = presented_secrets(
                    authorization,
                    form,
                    encoded_first=environ.get("HTTP_X_CF_ENCODED_CREDENTIALS", "").lower()
                    == "true",
                )
        except (AuthenticationFailed, GrantRefused) as failure:
            return Attempt(environ, form, certificate, failure=failure)
        return Attempt(environ, form, certificate, candidates)

    def look_up(self, attempts: Iterable[Attempt]) -> LookedUp:
        """Load the stored credentials for these requests together, as input of ``client_of``."""
        return self.authenticator.look_up(
            [pair for attempt in attempts for pair in attempt.to_look_up()]
        )

    def client_of(self, attempt: Attempt, looked_up: LookedUp = NO_RESULTS) -> AuthenticatedClient:
        """Return the authenticated client of the request.

        Raises AuthenticationFailed, or TooManyFailures in its place: a client with valid
        credentials is never limited (D-37). Raises GrantRefused for contradictory secrets.
        """
        try:
            client = self._authenticated(attempt, looked_up)
        except AuthenticationFailed as error:
            self.observer.refused(error)
            self._count(error, attempt)
            raise
        try:
            self.require_own_zone(attempt.environ, client.client)
        except AuthenticationFailed as error:
            self.observer.refused(error)
            raise
        self.observer.accepted(client)
        return client

    def again(self, attempt: Attempt) -> AuthenticatedClient:
        """Return the client of a request that has waited, as it is stored now; count nothing.

        Raises AuthenticationFailed.
        """
        return self._authenticated(attempt, NO_RESULTS)

    def _authenticated(self, attempt: Attempt, looked_up: LookedUp) -> AuthenticatedClient:
        """Authenticate by certificate or secret; a secret beside a certificate must be valid too.

        RFC 8705 section 2, H-29: with a certificate the client id alone is sufficient.
        """
        if attempt.failure is not None:
            if isinstance(attempt.failure, AuthenticationFailed):
                # The same work as for a wrong secret (O-06).
                with suppress(AuthenticationFailed):
                    self.authenticator.authenticate(*NO_CREDENTIALS, looked_up)
            raise attempt.failure
        add_to_subject(client_id=attempt.client_id or "not a client id")
        if attempt.certificate is None:
            return self._by_secret(attempt, looked_up)
        if attempt.candidates:
            client_id = self._by_secret(attempt, looked_up).client.client_id
        else:
            client_id = attempt.form.get("client_id", "")
        return self.certificates.authenticate(client_id, attempt.certificate)

    def _by_secret(self, attempt: Attempt, looked_up: LookedUp) -> AuthenticatedClient:
        *alternatives, last = attempt.candidates
        for candidate in alternatives:
            with suppress(AuthenticationFailed):
                return self._accepted(candidate, looked_up)
        return self._accepted(last, looked_up)

    def _count(self, error: AuthenticationFailed, attempt: Attempt) -> None:
        address = self.address_of(attempt.environ)
        client_id = attempt.client_id
        self.refusals.refused(error, address, client_id)
        if client_id and (seconds := self.limit.failed(address, client_id)):
            raise TooManyFailures(math.ceil(seconds)) from None

    def _accepted(self, presented: PresentedSecret, looked_up: LookedUp) -> AuthenticatedClient:
        return self.authenticator.authenticate(
            presented.client_id, presented.client_secret, looked_up
        )

    def require_own_zone(self, environ: Mapping[str, Any], client: Client) -> None:
        """Raise AuthenticationFailed if the request names a zone other than the client's (D-31).

        It may name the former zone of a client that a split has moved (D-53).
        """
        own, former_zones = client.zone, self.former_zones
        requested = environ.get("HTTP_X_ZID")
        if requested not in {None, "", own.guid} and not former_zones.is_of(client, guid=requested):
            raise AuthenticationFailed("X-zid names another zone")
        named = self.addresses.zone_named_by(environ.get("HTTP_HOST", ""))
        if named not in {None, own.subdomain} and not former_zones.is_of(client, subdomain=named):
            raise AuthenticationFailed("the host name belongs to another zone")
