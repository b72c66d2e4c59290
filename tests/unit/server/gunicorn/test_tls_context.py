"""The TLS context follows the trusted CAs, and survives broken files (D-34)."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from broker.errors import TrustUnknown
from broker.server.gunicorn.tls_context import TlsContexts
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from pathlib import Path

CA = an_authority()
SERVER = a_client(CA, hosts=["localhost"])


class Trusted:
    """The currently trusted CAs, or an error."""

    def __init__(self, *texts: str) -> None:
        self.text = "".join(texts)
        self.is_unknown = False

    def __call__(self) -> str:
        if self.is_unknown:
            raise TrustUnknown
        return self.text


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The server's certificate and key."""
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    paths[0].write_text(SERVER.pem)
    paths[1].write_text(SERVER.key_pem)
    return paths


def test_a_certificate_is_asked_for_and_not_demanded(files: tuple[Path, Path]) -> None:
    context = TlsContexts(*files, Trusted(CA.pem)).current()
    assert context.verify_mode is ssl.CERT_OPTIONAL
    assert len(context.get_ca_certs()) == 1
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN


def test_with_no_trusted_authority_no_certificate_is_asked_for(files: tuple[Path, Path]) -> None:
    assert TlsContexts(*files, Trusted()).current().verify_mode is ssl.CERT_NONE


def test_a_context_is_created_again_only_when_trust_changes(
    files: tuple[Path, Path],
) -> None:
    trusted = Trusted(CA.pem)
    contexts = TlsContexts(*files, trusted)
    first = contexts.current()
    assert contexts.current() is first
    trusted.text += an_authority("Other").pem
    second = contexts.current()
    assert second is not first
    assert len(second.get_ca_certs()) == 2


def test_while_trust_is_unknown_the_former_context_serves(files: tuple[Path, Path]) -> None:
    trusted = Trusted(CA.pem)
    contexts = TlsContexts(*files, trusted)
    first = contexts.current()
    trusted.is_unknown = True
    with capture_logs() as logged:
        assert contexts.current() is contexts.current() is first
    assert [each["event"] for each in logged] == ["trusted CAs cannot be read"]


def test_unknown_trust_refuses_no_client_without_a_certificate(
    files: tuple[Path, Path],
) -> None:
    trusted = Trusted(CA.pem)
    trusted.is_unknown = True
    assert TlsContexts(*files, trusted).current().verify_mode is ssl.CERT_NONE


def test_a_renewed_pair_is_used_without_a_restart(files: tuple[Path, Path]) -> None:
    contexts = TlsContexts(*files, Trusted(CA.pem))
    first = contexts.current()
    renewed = a_client(CA, hosts=["localhost"])
    files[0].write_text(renewed.pem)
    # The key does not match yet.
    assert contexts.current() is first
    files[1].write_text(renewed.key_pem)
    assert contexts.current() is not first


def test_files_that_break_later_are_not_used_and_removed_cas_are_not_trusted(
    files: tuple[Path, Path],
) -> None:
    trusted = Trusted(CA.pem)
    contexts = TlsContexts(*files, trusted)
    first = contexts.current()
    files[0].write_text("broken")
    assert contexts.current() is first
    trusted.text = ""
    assert contexts.current().verify_mode is ssl.CERT_NONE
    with pytest.raises(OSError, match="cannot be used"):
        TlsContexts(*files, trusted).current()


def test_trusted_cas_that_openssl_refuses_replace_no_context(files: tuple[Path, Path]) -> None:
    trusted = Trusted(CA.pem)
    contexts = TlsContexts(*files, trusted)
    first = contexts.current()
    trusted.text = "-----BEGIN CERTIFICATE-----"
    with capture_logs() as logged:
        assert contexts.current() is contexts.current() is first
    assert [each["log_level"] for each in logged] == ["error"]


def test_each_context_has_its_own_keys_for_session_tickets(files: tuple[Path, Path]) -> None:
    trusted = Trusted(CA.pem)
    contexts = TlsContexts(*files, trusted)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    session = connected(client, contexts.current(), None).session
    assert connected(client, contexts.current(), session).session_reused
    trusted.text += an_authority("Other").pem
    assert not connected(client, contexts.current(), session).session_reused


def connected(
    client: ssl.SSLContext, server: ssl.SSLContext, session: ssl.SSLSession | None
) -> ssl.SSLObject:
    """Return the client's side of a handshake in memory."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(to_client, to_server, server_hostname="localhost", session=session)
    responds = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for side in (asks, responds):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return asks
