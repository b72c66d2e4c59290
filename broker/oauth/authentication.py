"""Which client sends a request: the same rules at every endpoint that authenticates clients."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from broker.descriptor.names import is_client_id
from broker.errors import AuthenticationFailed, TooManyFailures
from broker.oauth.address import address_of
from broker.oauth.client_auth import PresentedSecret, presented_secrets

if TYPE_CHECKING:
    from broker.addresses import Addresses
    from broker.credentials.authenticate import (
        AuthenticatedClient,
        Client,
        SecretAuthenticator,
    )
    from broker.credentials.authenticate_certificate import CertificateAuthenticator
    from broker.credentials.failure_limit import FailureLimit
    from broker.credentials.refusals import RefusalCounts
    from broker.oauth.observer import TokenObserver

CertificateSource = Callable[[Mapping[str, Any]], bytes | None]
"""Finds the client certificate in a request's WSGI environment; may raise AuthenticationFailed."""


@dataclass(slots=True, repr=False)
class _Attempt:
    """A request's WSGI environment and form, and the client that it claims to come from."""

    environ: Mapping[str, Any]
    form: Mapping[str, str]
    client_id: str = field(default="", init=False)

    def claims(self, client_id: str) -> None:
        """Name the client in the log and in counts."""
        # Whoever swaps the two by mistake must not find his secret in the log.
        is_named = is_client_id(client_id)
        self.client_id = client_id if is_named else ""
        shown = client_id if is_named else "not a client id"
        structlog.contextvars.bind_contextvars(client_id=shown)


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Authenticates the client of a request."""

    authenticator: SecretAuthenticator
    certificates: CertificateAuthenticator
    presented_certificate: CertificateSource
    addresses: Addresses
    limit: FailureLimit
    refusals: RefusalCounts
    trusted_hops: int
    observer: TokenObserver

    def client_of(self, environ: Mapping[str, Any], form: Mapping[str, str]) -> AuthenticatedClient:
        """Return the client that the headers or the form prove; ``environ`` is WSGI's.

        Raises AuthenticationFailed, or TooManyFailures in its place: whoever proves himself never
        gets that far (D-37).
        """
        attempt = _Attempt(environ, form)
        try:
            client = self._authenticated(attempt)
        except AuthenticationFailed as error:
            self.observer.refused(error)
            self._count(error, attempt)
            raise
        try:
            self.require_own_zone(environ, client.client)
        except AuthenticationFailed as error:
            self.observer.refused(error)
            raise
        self.observer.accepted(client)
        return client

    def _authenticated(self, attempt: _Attempt) -> AuthenticatedClient:
        """With a certificate the client id alone is enough; a secret beside it must be right too.

        RFC 8705 section 2, H-29.
        """
        certificate = self.presented_certificate(attempt.environ)
        if certificate is None:
            return self._by_secret(attempt)
        if "HTTP_AUTHORIZATION" in attempt.environ or "client_secret" in attempt.form:
            client_id = self._by_secret(attempt).client.client_id
        else:
            client_id = attempt.form.get("client_id", "")
            attempt.claims(client_id)
        return self.certificates.authenticate(client_id, certificate)

    def _by_secret(self, attempt: _Attempt) -> AuthenticatedClient:
        environ = attempt.environ
        encoded_first = environ.get("HTTP_X_CF_ENCODED_CREDENTIALS", "").lower() == "true"
        try:
            readings = presented_secrets(
                environ.get("HTTP_AUTHORIZATION"), attempt.form, encoded_first=encoded_first
            )
        except AuthenticationFailed as malformed:
            # Refused after the same work as a wrong secret (O-06).
            with suppress(AuthenticationFailed):
                self.authenticator.authenticate("", "")
            raise malformed from None
        *alternatives, last = readings
        attempt.claims(last.client_id)
        for reading in alternatives:
            try:
                return self._accepted(reading)
            except AuthenticationFailed:
                continue
        return self._accepted(last)

    def _count(self, error: AuthenticationFailed, attempt: _Attempt) -> None:
        address = address_of(attempt.environ, self.trusted_hops)
        client_id = attempt.client_id
        self.refusals.refused(error, address, client_id)
        if client_id and (seconds := self.limit.failed(address, client_id)):
            raise TooManyFailures(math.ceil(seconds)) from None

    def _accepted(self, presented: PresentedSecret) -> AuthenticatedClient:
        return self.authenticator.authenticate(presented.client_id, presented.client_secret)

    def require_own_zone(self, environ: Mapping[str, Any], client: Client) -> None:
        """Raise AuthenticationFailed if the request names another zone than the client's (D-31)."""
        wanted = environ.get("HTTP_X_ZID")
        if wanted and wanted != client.zone_guid:
            raise AuthenticationFailed("X-zid names another zone")
        named = self.addresses.zone_named_by(environ.get("HTTP_HOST", ""))
        if named is not None and named != client.zone_subdomain:
            raise AuthenticationFailed("the host name belongs to another zone")
