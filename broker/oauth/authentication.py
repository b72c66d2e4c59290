"""Which client sends a request: the same rules at every endpoint that authenticates clients."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from flask import g, request

from broker.descriptor.names import is_client_id
from broker.errors import AuthenticationFailed, TooManyFailures
from broker.oauth.address import address_of_request
from broker.oauth.client_auth import PresentedSecret, presented_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Authenticates the client of the current request."""

    authenticator: SecretAuthenticator
    certificates: CertificateAuthenticator
    presented_certificate: Callable[[], bytes | None]
    addresses: Addresses
    limit: FailureLimit
    refusals: RefusalCounts
    trusted_hops: int
    observer: TokenObserver

    def client_of(self, form: Mapping[str, str]) -> AuthenticatedClient:
        """Return the client that the headers or the form prove.

        Raises AuthenticationFailed, or TooManyFailures in its place: whoever proves himself never
        gets that far (D-37).
        """
        try:
            client = self._authenticated(form)
        except AuthenticationFailed as error:
            self.observer.refused(error)
            self._count(error)
            raise
        try:
            self.require_own_zone(client.client)
        except AuthenticationFailed as error:
            self.observer.refused(error)
            raise
        self.observer.accepted(client)
        return client

    def _authenticated(self, form: Mapping[str, str]) -> AuthenticatedClient:
        """With a certificate the client id alone is enough; a secret beside it must be right too.

        RFC 8705 section 2, H-29.
        """
        certificate = self.presented_certificate()
        if certificate is None:
            return self._by_secret(form)
        if "Authorization" in request.headers or "client_secret" in form:
            client_id = self._by_secret(form).client.client_id
        else:
            client_id = form.get("client_id", "")
            _log_client(client_id)
        return self.certificates.authenticate(client_id, certificate)

    def _by_secret(self, form: Mapping[str, str]) -> AuthenticatedClient:
        encoded_first = request.headers.get("X-CF-ENCODED-CREDENTIALS", "").lower() == "true"
        try:
            readings = presented_secrets(
                request.headers.get("Authorization"), form, encoded_first=encoded_first
            )
        except AuthenticationFailed as malformed:
            # Refused after the same work as a wrong secret (O-06).
            with suppress(AuthenticationFailed):
                self.authenticator.authenticate("", "")
            raise malformed from None
        *alternatives, last = readings
        _log_client(last.client_id)
        for reading in alternatives:
            try:
                return self._accepted(reading)
            except AuthenticationFailed:
                continue
        return self._accepted(last)

    def _count(self, error: AuthenticationFailed) -> None:
        address = address_of_request(self.trusted_hops)
        client_id = g.get("presented_client_id", "")
        self.refusals.refused(error, address, client_id)
        if client_id and (seconds := self.limit.failed(address, client_id)):
            raise TooManyFailures(math.ceil(seconds)) from None

    def _accepted(self, presented: PresentedSecret) -> AuthenticatedClient:
        return self.authenticator.authenticate(presented.client_id, presented.client_secret)

    def require_own_zone(self, client: Client) -> None:
        """Raise AuthenticationFailed if the request names another zone than the client's (D-31)."""
        wanted = request.headers.get("X-zid")
        if wanted and wanted != client.zone_guid:
            raise AuthenticationFailed("X-zid names another zone")
        named = self.addresses.zone_named_by(request.headers.get("Host", ""))
        if named is not None and named != client.zone_subdomain:
            raise AuthenticationFailed("the host name belongs to another zone")


def _log_client(client_id: str) -> None:
    # Whoever swaps the two by mistake must not find his secret in the log.
    shown = client_id if is_client_id(client_id) else "not a client id"
    structlog.contextvars.bind_contextvars(client_id=shown)
    g.presented_client_id = client_id if shown == client_id else ""
