"""Common properties of all issued certificates."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from broker.pki.build import certificate_builder, key_usage
from tests.support.instances import START

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])


def built() -> x509.Certificate:
    until = START + timedelta(days=7)
    builder = certificate_builder(NAME, KEY.public_key(), START, until)
    return builder.issuer_name(NAME).sign(KEY, SHA256())


def test_it_begins_five_minutes_ago_and_ends_as_requested() -> None:
    """H-31: tolerates clocks that run behind."""
    certificate = built()
    assert certificate.not_valid_before_utc == START - timedelta(minutes=5)
    assert certificate.not_valid_after_utc == START + timedelta(days=7)


def test_it_names_its_key_and_has_a_serial_number_of_its_own() -> None:
    certificate = built()
    extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert extension.value == x509.SubjectKeyIdentifier.from_public_key(KEY.public_key())
    assert certificate.serial_number != built().serial_number


def test_only_an_authority_signs_certificates() -> None:
    client, server, authority = (
        key_usage(),
        key_usage(enciphers_keys=True),
        key_usage(signs_certificates=True),
    )
    assert [use.key_cert_sign for use in (client, server, authority)] == [False, False, True]
    assert [use.crl_sign for use in (client, server, authority)] == [False, False, True]
    assert [use.key_encipherment for use in (client, server, authority)] == [False, True, False]
    assert all(use.digital_signature for use in (client, server, authority))
