"""The generated CA is created once; its server certificate is renewed if needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from broker.errors import ConfigurationError
from broker.pki.development import CA_CERTIFICATE, ensure_server_certificate

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = ["uaa.example.org", "localhost", "127.0.0.1", "::1"]


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_certificate_verifies_for_its_hosts(tmp_path: Path) -> None:
    leaf = certificate(ensure_server_certificate(tmp_path, HOSTS))
    authority = certificate(tmp_path / CA_CERTIFICATE)
    builder = PolicyBuilder().store(Store([authority]))
    verifier = builder.build_server_verifier(x509.DNSName("uaa.example.org"))
    assert verifier.verify(leaf, []) == [leaf, authority]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == HOSTS[:2]
    assert leaf.not_valid_after_utc - datetime.now(UTC) > timedelta(days=365)


def test_private_files_are_for_their_owner_only(tmp_path: Path) -> None:
    ensure_server_certificate(tmp_path / "state", HOSTS)
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "state").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert b"PRIVATE" not in (tmp_path / "state" / CA_CERTIFICATE).read_bytes()


def test_current_certificates_are_kept(tmp_path: Path) -> None:
    first = ensure_server_certificate(tmp_path, HOSTS).read_bytes()
    authority = (tmp_path / CA_CERTIFICATE).read_bytes()
    assert ensure_server_certificate(tmp_path, HOSTS).read_bytes() == first
    assert (tmp_path / CA_CERTIFICATE).read_bytes() == authority


def test_other_hosts_get_a_new_certificate_of_the_same_ca(tmp_path: Path) -> None:
    first = certificate(ensure_server_certificate(tmp_path, HOSTS))
    authority = (tmp_path / CA_CERTIFICATE).read_bytes()
    second = certificate(ensure_server_certificate(tmp_path, ["other.example.org"]))
    assert first.serial_number != second.serial_number
    assert (tmp_path / CA_CERTIFICATE).read_bytes() == authority


def test_a_certificate_of_another_ca_is_replaced(tmp_path: Path) -> None:
    path = ensure_server_certificate(tmp_path / "a", HOSTS)
    other = ensure_server_certificate(tmp_path / "b", HOSTS)
    path.write_bytes(other.read_bytes())
    renewed = certificate(ensure_server_certificate(tmp_path / "a", HOSTS))
    renewed.verify_directly_issued_by(certificate(tmp_path / "a" / CA_CERTIFICATE))


def test_a_damaged_ca_is_reported(tmp_path: Path) -> None:
    ensure_server_certificate(tmp_path, HOSTS)
    damaged = tmp_path / "ca-with-key.pem"
    damaged.write_text("no PEM")
    with pytest.raises(ConfigurationError, match=r"ca-with-key\.pem is damaged; delete it"):
        ensure_server_certificate(tmp_path, HOSTS)
