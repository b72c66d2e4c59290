"""Every presented secret has a lookup key, for any type (D-14, D-17)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.credentials.kind import SecretKind
from broker.credentials.registry import SECRET_KINDS, SHARED_TYPES, is_shared, lookup_of
from broker.descriptor.model import CredentialType


@pytest.mark.parametrize("kind", SECRET_KINDS.values())
def test_issued_secrets_are_recognised(kind: SecretKind) -> None:
    minted = kind.mint(str(uuid4()))
    assert lookup_of(minted.text) == minted.lookup


@pytest.mark.parametrize("presented", ["", "x", "$", "a$b", "\x00", "\ud800", "ü" * 5000])
def test_anything_presented_has_a_lookup_key(presented: str) -> None:
    assert lookup_of(presented) == ""


@settings(deadline=None)
@given(st.text(st.characters()))
def test_any_text_at_all_has_a_lookup_key(presented: str) -> None:
    assert isinstance(lookup_of(presented), str)


def test_instance_secrets_alone_are_shared() -> None:
    assert SHARED_TYPES == (CredentialType.INSTANCE_SECRET,)
    assert [type_ for type_ in CredentialType if is_shared(type_)] == ["instance-secret"]
    assert not is_shared("a-type-of-a-newer-version")
