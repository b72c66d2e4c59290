"""The rules for client certificates: key, signature, usage and validity."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from broker.pki.build import key_usage
from broker.pki.client_rules import Expired, NotYetValid, Unusable, require_usable
from broker.pki.presented import ClientCertificate
from tests.support.instances import START
from tests.support.pki import Holder, a_client, an_authority, unsuitable_clients, with_sha1

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

BEFORE = START - timedelta(days=10)
CA = an_authority(not_before=BEFORE)
SECOND = timedelta(seconds=1)

FOUND = {
    "for servers": "extended key usage without clientAuth",
    "CA": "a CA certificate as the first one",
    "RSA 1024": "an RSA key of 1024 bits",
    "P-224": "an EC key on secp224r1",
    "no digitalSignature": "key usage without digitalSignature",
}
UNSUITABLE = unsuitable_clients(CA, not_before=BEFORE)


def check(holder: Holder) -> None:
    require_usable(ClientCertificate.read(holder.der), START)


def refusal_of(holder: Holder) -> str:
    with pytest.raises(Unusable) as caught:
        check(holder)
    return caught.value.found


def test_a_suitable_certificate_is_accepted_each_time() -> None:
    for options in (
        {},
        {"purposes": ()},
        {"key": rsa.generate_private_key(65537, 2048)},
        {"key": ec.generate_private_key(ec.SECP521R1())},
        {"hash_": hashes.SHA512()},
        {"extensions": [key_usage()]},
        {"purposes": [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]},
    ):
        holder = a_client(CA, not_before=BEFORE, **options)
        for _ in range(2):
            check(holder)


@pytest.mark.parametrize("name", FOUND)
def test_an_unsuitable_certificate_is_refused_each_time(name: str) -> None:
    for _ in range(2):
        assert refusal_of(UNSUITABLE[name]) == FOUND[name]


def test_every_unsuitable_certificate_is_covered() -> None:
    assert set(FOUND) == set(UNSUITABLE)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_weak_signature_is_refused() -> None:
    signer = Holder(CA.certificate, rsa.generate_private_key(65537, 2048))
    holder = with_sha1(a_client(signer, not_before=BEFORE))
    assert refusal_of(holder) == "a signature with SHA1"


def test_rsa_beyond_8192_bits_is_refused_before_any_computation() -> None:
    """Only the public key is needed; any odd number serves as its modulus."""
    public = rsa.RSAPublicNumbers(65537, (1 << 16_383) + 1).public_key()
    assert refusal_of(with_key(public)) == "an RSA key of 16384 bits"


def test_another_key_type_is_refused() -> None:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    assert refusal_of(with_key(public)) == "a public key of another type"


def test_extensions_that_cannot_be_read_are_refused() -> None:
    """An X.400 address in the subject alternative name, which the library does not support."""
    x400 = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x30\x02\xa3\x00")
    holder = a_client(CA, not_before=BEFORE, extensions=[x400])
    assert refusal_of(holder) == "extensions that cannot be read"


def test_validity_has_a_minute_of_tolerance_at_the_beginning_only() -> None:
    """H-31."""
    client = ClientCertificate.read(a_client(CA, not_before=START).der)
    minute = timedelta(minutes=1)
    for now in (START - minute, START, client.not_after - SECOND):
        require_usable(client, now)
    require_usable(client, START - 2 * minute, in_advance=True)
    with pytest.raises(NotYetValid):
        require_usable(client, START - minute - SECOND)
    with pytest.raises(Expired):
        require_usable(client, client.not_after)


def test_an_expired_certificate_is_refused_in_advance_and_after_it_was_accepted() -> None:
    client = ClientCertificate.read(a_client(CA, not_before=BEFORE).der)
    require_usable(client, START)
    with pytest.raises(Unusable, match="it expired on"):
        require_usable(client, client.not_after, in_advance=True)


def with_key(public: CertificatePublicKeyTypes) -> Holder:
    certificate = (
        x509.CertificateBuilder()
        .subject_name(CA.certificate.subject)
        .issuer_name(CA.certificate.subject)
        .public_key(public)
        .serial_number(7)
        .not_valid_before(BEFORE)
        .not_valid_after(START + timedelta(days=1))
        .sign(CA.key, hashes.SHA256())
    )
    return Holder(certificate, CA.key)
