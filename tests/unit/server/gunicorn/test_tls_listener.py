"""HTTPS: the supervisor's certificate, and a context for each connection (D-21)."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from flask import Flask

from broker.composition.app import TRUST
from broker.server.gunicorn.server import GunicornServer
from broker.server.gunicorn.tls_listener import TlsListener
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from broker.settings.model import Settings

CA = an_authority()
SERVER = a_client(CA)


class Trust:
    """Trusts one CA."""

    def handshake_pem(self) -> str:
        return CA.pem


def test_a_handshake_requests_the_trusted_cas(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cert.pem").write_text(SERVER.pem)
    (tmp_path / "key.pem").write_text(SERVER.key_pem)
    monkeypatch.setenv("XSUAA_LISTENER_CERTIFICATE", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("XSUAA_LISTENER_KEY", str(tmp_path / "key.pem"))
    application = Flask(__name__)
    application.extensions[TRUST] = Trust()
    monkeypatch.setattr(GunicornServer, "load", lambda _: application)
    listener = TlsListener(settings)
    assert listener.load() is application
    assert listener.tls_context is not None
    context = listener.tls_context()
    assert context.verify_mode is ssl.CERT_OPTIONAL
    assert len(context.get_ca_certs()) == 1
