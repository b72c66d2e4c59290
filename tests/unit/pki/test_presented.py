"""A presented certificate: read within limits, and identified by its bytes and names."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.pki.presented import MAX_DER_BYTES, ClientCertificate, UnreadableCertificate
from tests.support.pki import a_client, an_authority

CA = an_authority()
HOLDER = a_client(CA)
READ = ClientCertificate.read(HOLDER.der)


def named(*parts: tuple[x509.ObjectIdentifier, str], text: _ASN1Type | None = None) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value, text) for oid, value in parts])


def test_it_is_identified_by_the_hash_of_its_bytes() -> None:
    digest = hashlib.sha256(HOLDER.der).digest()
    assert READ.thumbprint == digest.hex()
    assert READ.confirmation == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert len(READ.confirmation) == 43
    assert (READ.not_before, READ.not_after) == (
        HOLDER.certificate.not_valid_before_utc,
        HOLDER.certificate.not_valid_after_utc,
    )


def test_a_renewed_certificate_has_the_same_names() -> None:
    renewed = ClientCertificate.read(a_client(CA).der)
    assert renewed.names == READ.names
    assert renewed.thumbprint != READ.thumbprint


@pytest.mark.parametrize(
    "subject",
    [
        named((NameOID.COMMON_NAME, "Client")),
        named((NameOID.COMMON_NAME, "client "), (NameOID.ORGANIZATION_NAME, "o")),
        named((NameOID.ORGANIZATION_NAME, "client")),
        named(),
    ],
)
def test_another_subject_has_other_names(subject: x509.Name) -> None:
    assert ClientCertificate.read(a_client(CA, subject).der).names != READ.names


def test_another_issuer_has_other_names() -> None:
    assert ClientCertificate.read(a_client(an_authority("Other")).der).names != READ.names


def test_the_string_type_of_a_value_means_nothing() -> None:
    """H-31: a renewal may write the same name as another type."""
    printable = named((NameOID.COMMON_NAME, "client"), text=_ASN1Type.PrintableString)
    utf8 = named((NameOID.COMMON_NAME, "client"), text=_ASN1Type.UTF8String)
    one, other = (ClientCertificate.read(a_client(CA, name).der) for name in (printable, utf8))
    assert one.names == other.names == READ.names


def test_parts_of_a_name_are_unambiguous() -> None:
    together = named((NameOID.COMMON_NAME, "ab"), (NameOID.COMMON_NAME, "c"))
    apart = named((NameOID.COMMON_NAME, "a"), (NameOID.COMMON_NAME, "bc"))
    one, other = (ClientCertificate.read(a_client(CA, name).der) for name in (together, apart))
    assert one.names != other.names


def test_an_oversized_certificate_is_not_parsed() -> None:
    with pytest.raises(UnreadableCertificate):
        ClientCertificate.read(HOLDER.der + bytes(MAX_DER_BYTES))


@settings(deadline=None)
@given(st.binary(max_size=200) | st.integers(0, len(HOLDER.der) - 1).map(lambda n: HOLDER.der[:n]))
def test_any_other_bytes_are_unreadable(der: bytes) -> None:
    with pytest.raises(UnreadableCertificate):
        ClientCertificate.read(der)
