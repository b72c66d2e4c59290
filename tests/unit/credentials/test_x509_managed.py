"""Managed certificates: the issued certificate and its stored row."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from broker.credentials.x509_managed import MintedCertificate, mint, recognise
from broker.pki.authority import Subject, new_root
from broker.pki.presented import ClientCertificate
from tests.support.instances import START

SUBJECT = Subject(binding="b-guid", instance="i-guid", tenant="t-guid")
INTERMEDIATE = new_root("Test", START).issue_intermediate(START)


@cache
def minted() -> MintedCertificate:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return mint(INTERMEDIATE, SUBJECT, key, 7, START)


def leaf() -> x509.Certificate:
    return x509.load_pem_x509_certificates(minted().chain.encode())[0]


def test_exactly_this_certificate_is_recognised() -> None:
    read = ClientCertificate.read(leaf().public_bytes(Encoding.DER))
    credential = minted().credential
    assert credential.lookup == recognise(read) == read.thumbprint
    assert credential.is_pinned
    assert credential.issuer_path is None
    assert credential.not_after == read.not_after == START + timedelta(days=7)


def test_the_chain_leads_from_the_leaf_to_the_intermediate_without_root() -> None:
    chain = x509.load_pem_x509_certificates(minted().chain.encode())
    assert [each.subject for each in chain[1:]] == [INTERMEDIATE.certificate.subject]
    chain[0].verify_directly_issued_by(INTERMEDIATE.certificate)


def test_the_private_key_matches_and_its_repr_hides_it() -> None:
    key = load_pem_private_key(minted().private_key.encode(), None)
    assert key.public_key() == leaf().public_key()
    assert "PRIVATE KEY" not in repr(minted())
