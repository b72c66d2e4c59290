"""Keyed digests of secrets, and the ``rev_sig`` claim of tokens (D-13, D-32)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.credentials.digest import certificate_text, digest, revocation_signature
from broker.descriptor.model import CredentialType

KEY = b"k" * 32
ROW, CLIENT, SECRET = 5, "sb-app!t1", "secret"


def test_a_digest_is_worth_nothing_in_another_place() -> None:
    original = digest(KEY, ROW, CLIENT, CredentialType.BINDING_SECRET, SECRET)
    assert original == digest(KEY, ROW, CLIENT, CredentialType.BINDING_SECRET, SECRET)
    others = [
        digest(b"j" * 32, ROW, CLIENT, CredentialType.BINDING_SECRET, SECRET),
        digest(KEY, ROW + 1, CLIENT, CredentialType.BINDING_SECRET, SECRET),
        digest(KEY, ROW, CLIENT + "0", CredentialType.BINDING_SECRET, SECRET),
        digest(KEY, ROW, CLIENT, CredentialType.INSTANCE_SECRET, SECRET),
        digest(KEY, ROW, CLIENT, CredentialType.BINDING_SECRET, SECRET + "0"),
        digest(KEY, ROW, CLIENT[:-1], CredentialType.BINDING_SECRET, CLIENT[-1] + SECRET),
    ]
    assert len({original, *others}) == 7


def test_rev_sig_names_one_credential_and_generation() -> None:
    """D-32: an id for the lookup and an unforgeable tag."""
    first = revocation_signature(KEY, 255, 1)
    assert first.startswith("ff.")
    assert first != revocation_signature(KEY, 255, 2)
    assert first.partition(".")[2] != revocation_signature(KEY, 256, 1).partition(".")[2]
    assert first != revocation_signature(b"j" * 32, 255, 1)


@settings(deadline=None)
@given(st.text(st.characters()), st.text(st.characters()))
def test_two_secrets_never_share_a_digest(one: str, other: str) -> None:
    """Including lone surrogates, which clients may send."""
    found = [digest(KEY, ROW, CLIENT, "type", secret) for secret in (one, other)]
    assert (found[0] == found[1]) == (one == other)
    assert {len(each) for each in found} == {32}


def test_digests_never_change() -> None:
    """Digests are stored in databases."""
    known = "dbbec1ee47c84a997aedcb9bf2f82aeba4ce72b836ca40163480a00cc7aa3a2a"
    assert digest(KEY, ROW, CLIENT, CredentialType.BINDING_SECRET, SECRET).hex() == known
    assert revocation_signature(KEY, 255, 1) == "ff.a29522fa0e2c8db9"


@pytest.mark.parametrize(
    "other", [("lookup", "path"), ("lookup path", None), ("lookup", "path "), ("", "lookup path")]
)
def test_a_certificate_s_text_holds_lookup_and_issuer(other: Any) -> None:
    assert certificate_text("lookup", None) == "lookup "
    assert certificate_text(*other) != certificate_text("lookup", None)
