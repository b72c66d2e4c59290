"""The TLS listener's certificate and key: usable together, or refused."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization

from broker.pki.development import ensure_server_certificate
from broker.pki.server_certificate import (
    check_pair,
    load_pair,
    pair_of,
    publish_pair,
    served_until,
    uncovered_names,
)
from broker.runtime import watched_files
from broker.runtime.watched_files import NoContents
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from pathlib import Path

CA = an_authority()
BELOW = an_authority("Below", CA)
SERVER, OTHER = a_client(BELOW, hosts=["localhost"]), a_client(CA)
CHAIN, KEY = SERVER.chain.encode(), SERVER.key_pem.encode()
WITH_PASSPHRASE = SERVER.key.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.BestAvailableEncryption(b"passphrase"),
)


def test_a_chain_and_its_key_are_loaded() -> None:
    check_pair((CHAIN, KEY))
    check_pair((KEY + CHAIN, KEY + CHAIN))
    load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), CHAIN, KEY)


@pytest.mark.parametrize(
    ("certificate", "key"),
    [
        (CHAIN, OTHER.key_pem.encode()),
        (CHAIN, b""),
        (b"", KEY),
        (CHAIN[:-30], KEY),
        (SERVER.pem.encode() + b"-----BEGIN CERT", KEY),
        (CHAIN, KEY[:-30]),
        (CHAIN, WITH_PASSPHRASE),
        (KEY, KEY),
    ],
)
def test_a_broken_pair_is_refused(certificate: bytes, key: bytes) -> None:
    with pytest.raises((OSError, ValueError)):
        check_pair((certificate, key))


def test_the_published_pair_has_an_expiry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_files, "_published", {})
    file = tmp_path / "both.pem"
    assert served_until() is None
    file.write_bytes(CHAIN + KEY)
    assert pair_of(file, file).current() == (CHAIN + KEY, CHAIN + KEY)
    assert served_until() is None
    published = publish_pair(file, file)
    assert pair_of(file, file) is published
    assert served_until() == SERVER.certificate.not_valid_after_utc
    file.write_bytes(CHAIN)
    published.refresh()
    assert served_until() == SERVER.certificate.not_valid_after_utc


def test_a_pair_that_was_never_usable_has_no_expiry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_files, "_published", {})
    file = tmp_path / "missing.pem"
    with pytest.raises(NoContents):
        publish_pair(file, file).current()
    assert served_until() is None


@pytest.mark.parametrize(
    ("hosts", "names", "missing"),
    [
        (["a.example.org"], ["a.example.org", "b.example.org"], ["b.example.org"]),
        (["*.Example.org"], ["a.example.org", "*.example.org"], []),
        (["*.example.org"], ["example.org", "a.b.example.org"], ["example.org", "a.b.example.org"]),
        (["a.example.org"], ["*.example.org"], ["*.example.org"]),
        ([], ["localhost", "::1"], ["localhost", "::1"]),
    ],
)
def test_names_that_the_certificate_lacks(
    hosts: list[str], names: list[str], missing: list[str]
) -> None:
    certificate = a_client(CA, "localhost", hosts=hosts).pem.encode()
    assert uncovered_names(certificate, names) == missing


def test_addresses_in_the_certificate(tmp_path: Path) -> None:
    made = ensure_server_certificate(tmp_path, ["localhost", "127.0.0.1", "::1"]).read_bytes()
    assert uncovered_names(made, ["127.0.0.1", "::1", "10.0.0.1"]) == ["10.0.0.1"]
    with pytest.raises(ValueError, match="PEM"):
        uncovered_names(b"", [])
