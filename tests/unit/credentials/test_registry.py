"""Secrets: their shapes, how they are recognised, and their digests (D-13, D-14)."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from broker.credentials.binding_secret import BindingSecret
from broker.credentials.digest import digest, revocation_signature
from broker.credentials.instance_secret import InstanceSecret
from broker.credentials.kind import SecretKind
from broker.credentials.registry import SECRET_KINDS, lookup_of
from broker.descriptor.model import CredentialType

KEY = b"k" * 32
ROW, CLIENT, SECRET = 5, "sb-app!t1", "secret"


def test_instance_secrets_have_28_characters_and_none_that_breaks_clients() -> None:
    drawn = {InstanceSecret().mint().text for _ in range(500)}
    assert len(drawn) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9]{27}=", text) for text in drawn)


def test_binding_secrets_start_with_their_guid() -> None:
    guid = str(uuid4())
    drawn = [BindingSecret().mint(guid) for _ in range(100)]
    assert len({secret.text for secret in drawn}) == 100
    for secret in drawn:
        assert re.fullmatch(re.escape(guid) + r"\$[A-Za-z0-9_-]{43}=", secret.text)
        assert secret.lookup == guid


@pytest.mark.parametrize("kind", SECRET_KINDS.values())
def test_what_was_minted_is_recognised(kind: SecretKind) -> None:
    minted = kind.mint(str(uuid4()))
    assert lookup_of(minted.text) == minted.lookup


@pytest.mark.parametrize("presented", ["", "x", "$", "a$b", "\x00", "\ud800", "ü" * 5000])
def test_anything_presented_has_a_lookup_key(presented: str) -> None:
    assert lookup_of(presented) == ""


def test_a_secret_does_not_show_itself() -> None:
    minted = BindingSecret().mint(str(uuid4()))
    assert minted.text not in repr(minted)


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
    """D-32: an id to look up and a tag nobody else can make."""
    first = revocation_signature(KEY, 255, 1)
    assert first.startswith("ff.")
    assert first != revocation_signature(KEY, 255, 2)
    assert first.partition(".")[2] != revocation_signature(KEY, 256, 1).partition(".")[2]
    assert first != revocation_signature(b"j" * 32, 255, 1)
