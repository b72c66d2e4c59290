"""Trusted issuers: the operator's file, read again, and the managed CAs (D-34)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from broker.errors import ConfigurationError, TrustUnknown
from broker.pki.trust import Trust, TrustBundle, Untrusted, is_issued_by, read_path
from tests.support.instances import START
from tests.support.pki import Holder, a_client, an_authority

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = START - timedelta(days=10)
ROOT = an_authority("Root", not_before=BEFORE)
BELOW = an_authority("Below", ROOT, not_before=BEFORE)
OTHER = an_authority("Other", not_before=BEFORE)
LEAF = a_client(BELOW, not_before=BEFORE, days=30)


def trusting(*holders: Holder) -> Trust:
    return Trust(None, lambda: [holder.pem for holder in holders])


def subjects(trust: Trust, *others: Holder) -> list[str]:
    path = trust.path_above(LEAF.certificate, [each.certificate for each in others], START)
    return [each.subject.rfc4514_string() for each in path]


def test_the_path_leads_from_the_issuer_to_a_trusted_ca() -> None:
    assert subjects(trusting(ROOT), BELOW) == ["CN=Below", "CN=Root"]
    assert subjects(trusting(BELOW)) == ["CN=Below"]
    assert subjects(trusting(BELOW, OTHER)) == ["CN=Below"]


@pytest.mark.parametrize(
    ("trusted", "others"),
    [((), (BELOW, ROOT)), ((OTHER,), (BELOW, ROOT)), ((ROOT,), ()), ((LEAF,), ())],
)
def test_a_chain_sent_by_the_client_is_not_trusted(
    trusted: tuple[Holder, ...], others: tuple[Holder, ...]
) -> None:
    with pytest.raises(Untrusted):
        subjects(trusting(*trusted), *others)


@pytest.mark.parametrize("days", [-11, 31])
def test_the_path_must_be_valid_at_that_time(days: int) -> None:
    with pytest.raises(Untrusted):
        trusting(BELOW).path_above(LEAF.certificate, [], START + timedelta(days=days))


def test_a_client_s_certificate_is_no_issuer() -> None:
    twin = a_client(Holder(LEAF.certificate, LEAF.key), "victim", not_before=BEFORE)
    with pytest.raises(Untrusted):
        trusting(BELOW).path_above(twin.certificate, [LEAF.certificate], START)


def test_the_trusted_cas_may_change_between_two_calls() -> None:
    holders = [ROOT]
    trust = Trust(None, lambda: [holder.pem for holder in holders])
    assert subjects(trust, BELOW) == ["CN=Below", "CN=Root"]
    holders[:] = [OTHER]
    with pytest.raises(Untrusted):
        subjects(trust, BELOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The operator's file, with one CA."""
    path = tmp_path / "trusted.pem"
    path.write_text(ROOT.pem)
    return path


def test_a_file_that_changes_is_read_again(file: Path) -> None:
    bundle = TrustBundle(file)
    assert bundle.text() == ROOT.pem
    file.write_text(ROOT.pem + OTHER.pem)
    assert bundle.text() == ROOT.pem + OTHER.pem


BROKEN: list[str | None] = [
    "",
    "no PEM",
    "-----BEGIN CERTIFICATE-----\n",
    f"{ROOT.pem}{OTHER.pem[:-20]}",
    f"{ROOT.pem}-----BEGIN",
    None,
]


def write(file: Path, content: str | None) -> None:
    if content is None:
        file.unlink()
    else:
        file.write_text(content)


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_keeps_the_last_trusted_cas(file: Path, content: str | None) -> None:
    bundle = TrustBundle(file)
    trust = Trust(bundle, lambda: [OTHER.pem])
    bundle.check()
    assert trust.pem() == trust.handshake_pem() == ROOT.pem + OTHER.pem
    write(file, content)
    assert bundle.text() == ROOT.pem
    assert trust.pem() == trust.handshake_pem() == ROOT.pem + OTHER.pem
    assert subjects(trust, BELOW) == ["CN=Below", "CN=Root"]
    with pytest.raises(ConfigurationError):
        bundle.check()
    file.write_text(OTHER.pem)
    assert bundle.text() == OTHER.pem


@pytest.mark.parametrize("content", BROKEN)
def test_a_removed_ca_stays_removed_while_the_file_is_broken(
    file: Path, content: str | None
) -> None:
    trust = Trust(TrustBundle(file), list)
    assert subjects(trust, BELOW) == ["CN=Below", "CN=Root"]
    file.write_text(OTHER.pem)
    assert trust.pem() == OTHER.pem
    write(file, content)
    with pytest.raises(Untrusted):
        subjects(trust, BELOW)


@pytest.mark.parametrize("content", BROKEN)
def test_without_a_usable_file_trust_is_unknown(file: Path, content: str | None) -> None:
    write(file, content)
    bundle = TrustBundle(file)
    trust = Trust(bundle, lambda: [OTHER.pem])
    for read in (bundle.text, trust.pem, lambda: subjects(trust, BELOW)):
        with pytest.raises(TrustUnknown):
            read()
    with pytest.raises(ConfigurationError):
        bundle.check()


def test_text_between_the_certificates_is_allowed(file: Path) -> None:
    file.write_bytes(
        b"# Zo\xc3\xab\n=====\n" + ROOT.pem.encode() + b"\n-- the other --\n" + OTHER.pem.encode()
    )
    assert TrustBundle(file).text() == ROOT.pem + OTHER.pem


def test_a_file_that_was_never_valid_requests_only_own_authorities(tmp_path: Path) -> None:
    trust = Trust(TrustBundle(tmp_path / "missing"), lambda: [OTHER.pem])
    assert trust.handshake_pem() == OTHER.pem


def test_an_issuer_is_identified_by_its_key_and_its_name() -> None:
    twin = an_authority("Below", ROOT, not_before=BEFORE)
    assert is_issued_by(LEAF.certificate, BELOW.certificate)
    assert not is_issued_by(LEAF.certificate, twin.certificate)
    assert not is_issued_by(LEAF.certificate, ROOT.certificate)


def test_a_recorded_path_is_read_in_its_order() -> None:
    path: tuple[x509.Certificate, ...] = read_path(BELOW.pem + ROOT.pem)
    assert path == (BELOW.certificate, ROOT.certificate)
