"""Which client sends a request: the same rules at every endpoint that authenticates clients."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from flask import request

from broker.descriptor.names import is_client_id
from broker.errors import AuthenticationFailed
from broker.oauth.client_auth import PresentedSecret, presented_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.credentials.authenticate import AuthenticatedClient, SecretAuthenticator
    from broker.credentials.authenticate_certificate import CertificateAuthenticator


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Authenticates the client of the current request."""

    authenticator: SecretAuthenticator
    certificates: CertificateAuthenticator
    presented_certificate: Callable[[], bytes | None]

    def client_of(self, form: Mapping[str, str]) -> AuthenticatedClient:
        """Return the client that the headers or the form prove; raise AuthenticationFailed."""
        client = self._authenticated(form)
        _require_own_zone(client)
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

    def _accepted(self, presented: PresentedSecret) -> AuthenticatedClient:
        return self.authenticator.authenticate(presented.client_id, presented.client_secret)


def _log_client(client_id: str) -> None:
    # Whoever swaps the two by mistake must not find his secret in the log.
    shown = client_id if is_client_id(client_id) else "not a client id"
    structlog.contextvars.bind_contextvars(client_id=shown)


def _require_own_zone(client: AuthenticatedClient) -> None:
    """Raise AuthenticationFailed if the client asks for a token of another zone (D-31)."""
    wanted = request.headers.get("X-zid")
    if wanted and wanted != client.client.zone_guid:
        raise AuthenticationFailed("X-zid names another zone")
