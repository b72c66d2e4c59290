"""CAs of the operator: unusable files are reported at startup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization

from broker.errors import ConfigurationError
from broker.pki.authority import SuppliedAuthority, new_root
from broker.pki.trust import Trust, TrustBundle, Untrusted
from tests.support.pki import Holder, a_client, an_authority

if TYPE_CHECKING:
    from pathlib import Path

ROOT = an_authority("Root")
ISSUING = an_authority("Issuing", ROOT)
NOW = datetime.now(UTC)


def encrypted(holder: Holder) -> str:
    return holder.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    ).decode()


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("", ISSUING.key_pem, "must be PEM files"),
        (ISSUING.pem, "nothing", "must be PEM files"),
        (ISSUING.pem, encrypted(ISSUING), "without a passphrase"),
        (ISSUING.pem, ROOT.key_pem, "the key does not match the first certificate"),
        (ROOT.pem + ISSUING.pem, ISSUING.key_pem, "the key does not match the first certificate"),
    ],
)
def test_unusable_ca_files_are_reported(
    tmp_path: Path, certificate: str, key: str, words: str
) -> None:
    (tmp_path / "ca.pem").write_text(certificate)
    (tmp_path / "ca.key").write_text(key)
    with pytest.raises(ConfigurationError, match=words) as caught:
        SuppliedAuthority(tmp_path / "ca.pem", tmp_path / "ca.key", "Acme")()
    assert "XSUAA_CA_CERTIFICATE_FILE, XSUAA_CA_KEY_FILE" in str(caught.value)


def test_a_replaced_ca_issues_from_then_on_and_a_broken_one_never(tmp_path: Path) -> None:
    files = tmp_path / "ca.pem", tmp_path / "ca.key"

    def write(holder: Holder) -> None:
        files[0].write_text(holder.chain)
        files[1].write_text(holder.key_pem)

    write(ISSUING)
    supplied = SuppliedAuthority(*files, "Acme")
    assert supplied() is supplied()
    assert supplied().certificate == ISSUING.certificate
    renewed = an_authority("Renewed", ROOT)
    files[0].write_text(renewed.pem)
    assert supplied().certificate == ISSUING.certificate
    with pytest.raises(ConfigurationError):
        supplied.check()
    files[1].write_text(renewed.key_pem)
    assert supplied().certificate == renewed.certificate
    files[0].write_text(renewed.pem[:-30])
    assert supplied().certificate == renewed.certificate


def test_a_client_s_certificate_issues_nothing(tmp_path: Path) -> None:
    client = a_client(ROOT)
    (tmp_path / "both.pem").write_text(client.pem + client.key_pem)
    with pytest.raises(ConfigurationError, match="not a CA certificate"):
        SuppliedAuthority(tmp_path / "both.pem", tmp_path / "both.pem", "Acme")()


def test_the_private_key_is_never_printed() -> None:
    assert "key" not in repr(new_root("Acme", NOW))


def test_a_changed_bundle_is_read_again_and_kept_while_it_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "trusted.pem"
    with pytest.raises(ConfigurationError, match="XSUAA_TRUSTED_CA_FILE"):
        TrustBundle(file).check()
    file.write_text("nothing")
    with pytest.raises(ConfigurationError, match="must be a PEM file of CA certificates"):
        TrustBundle(file).check()
    file.write_text(ROOT.pem)
    trust = Trust(TrustBundle(file), list)
    client = a_client(ISSUING)
    assert trust.path_above(client.certificate, [ISSUING.certificate], NOW) == (
        ISSUING.certificate,
        ROOT.certificate,
    )
    file.write_text(an_authority("Another").pem)
    with pytest.raises(Untrusted):
        trust.path_above(client.certificate, [ISSUING.certificate], NOW)
    file.write_text("broken")
    with pytest.raises(Untrusted):
        trust.path_above(client.certificate, [ISSUING.certificate], NOW)


def test_a_chain_needs_valid_trusted_cas() -> None:
    client = a_client(ISSUING)
    above = [ISSUING.certificate]
    for trusted in ([ISSUING.pem], [ROOT.pem], [ROOT.pem, ISSUING.pem]):
        trust = Trust(None, lambda trusted=trusted: trusted)  # type: ignore[misc]
        assert trust.path_above(client.certificate, above, NOW)[0] == ISSUING.certificate
    empty = Trust(None, list)
    itself = Trust(None, lambda: [client.pem])
    for trust, others in ((empty, above), (itself, []), (Trust(None, lambda: [ROOT.pem]), [])):
        with pytest.raises(Untrusted):
            trust.path_above(client.certificate, others, NOW)
    old = an_authority("Old", ROOT, not_before=NOW - timedelta(days=20), days=10)
    outlives = a_client(old)
    with pytest.raises(Untrusted):
        Trust(None, lambda: [ROOT.pem]).path_above(outlives.certificate, [old.certificate], NOW)
