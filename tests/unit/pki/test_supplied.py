"""Certificates that users supply: invalid ones are refused at low cost."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from broker.pki.client_rules import Unusable
from broker.pki.presented import MAX_DER_BYTES, ClientCertificate, UnreadableCertificate
from broker.pki.supplied import read_chain
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from collections.abc import Callable

CA = an_authority()
HOLDER = a_client(CA)
PEM = HOLDER.pem


def test_a_certificate_is_read_with_its_chain() -> None:
    above = a_client(an_authority("Below", CA))
    chain = read_chain(above.chain)
    assert chain.client == ClientCertificate.read(above.der)
    assert chain.others == above.above[:1]
    escaped = PEM.replace("\n", "\\n")
    for text in (PEM.strip(), f"\n  {PEM}\n\n", PEM.replace("\n", "\r\n"), escaped):
        assert read_chain(text).client.thumbprint == ClientCertificate.read(HOLDER.der).thumbprint


def armoured(der: bytes, label: str = "CERTIFICATE") -> str:
    return f"-----BEGIN {label}-----\n{base64.b64encode(der).decode()}\n-----END {label}-----\n"


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "nothing": (lambda: "", "no complete PEM block"),
    "text": (lambda: "not a certificate", "no complete PEM block"),
    "no end": (lambda: PEM[:-20], "no complete PEM block"),
    "a second one without an end": (lambda: PEM + PEM[:-20], "no complete PEM block"),
    "bare DER": (lambda: base64.b64encode(HOLDER.der).decode(), "no complete PEM block"),
    "DER of something else": (
        lambda: armoured(b"\x30\x03\x02\x01\x05"),
        "not an X.509 certificate",
    ),
    "cut DER": (lambda: armoured(HOLDER.der[:-9]), "not an X.509 certificate"),
    "invalid base64": (lambda: PEM.replace("M", "!"), "invalid base64"),
    "a key": (lambda: PEM + HOLDER.key_pem, "a private key"),
    "a key alone": (lambda: HOLDER.key_pem, "a private key"),
    "another label": (lambda: armoured(HOLDER.der, "PUBLIC KEY"), "other than CERTIFICATE"),
    "text between": (lambda: f"{PEM}garbage\n{PEM}", "text outside"),
    "five": (lambda: PEM * 5, "5 certificates"),
    "thousands of names": (
        lambda: a_client(CA, hosts=[f"host-{number}.example" for number in range(2000)]).pem,
        "at most 16384 bytes",
    ),
    "a huge authority behind it": (
        lambda: PEM + an_authority("x", hosts=[f"host-{number}.org" for number in range(2000)]).pem,
        "at most 16384 bytes",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_reported(name: str) -> None:
    make, words = BAD[name]
    with pytest.raises(Unusable) as caught:
        read_chain(make())
    assert words in f"{caught.value.found}; allowed: {caught.value.allowed}"
    assert "PRIVATE" not in caught.value.found


def test_an_unsupported_general_name_is_refused() -> None:
    """An X.400 address in the subject alternative name, which the library does not support."""
    x400 = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x30\x02\xa3\x00")
    with pytest.raises(Unusable) as caught:
        read_chain(a_client(CA, extensions=[x400]).pem)
    assert caught.value.found == "a PEM block that is not an X.509 certificate"


@pytest.mark.parametrize("text", ["Zoë Müller", "日本語", "a" * 64, '=,+<>#;\\"', "\x00", "\u202e"])
def test_any_name_is_accepted(text: str) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
    holder = a_client(CA, name)
    assert read_chain(holder.pem).client.names == ClientCertificate.read(holder.der).names


@given(st.text() | st.binary(max_size=3000).map(armoured))
def test_garbage_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(Unusable):
        read_chain(text)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@given(st.integers(0, len(HOLDER.der) - 1), st.integers(1, 255))
@example(11, 1)  # the version
def test_a_changed_byte_gives_another_certificate_or_none(position: int, change: int) -> None:
    der = bytearray(HOLDER.der)
    der[position] ^= change
    try:
        presented = ClientCertificate.read(bytes(der))
    except UnreadableCertificate:
        return
    assert presented.thumbprint != ClientCertificate.read(HOLDER.der).thumbprint


def test_an_oversized_presented_certificate_is_not_parsed() -> None:
    with pytest.raises(UnreadableCertificate, match="bytes"):
        ClientCertificate.read(b"\x30" * (MAX_DER_BYTES + 1))
