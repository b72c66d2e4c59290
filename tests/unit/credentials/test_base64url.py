"""Base64url without padding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.credentials import base64url


@given(st.binary(max_size=64))
def test_a_text_decodes_to_its_bytes(content: bytes) -> None:
    text = base64url.encode(content)
    assert "=" not in text
    assert base64url.decode(text) == content


def test_the_alphabet_is_that_of_urls() -> None:
    assert base64url.encode(b"\xfb\xff") == "-_8"


def test_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="number of data characters"):
        base64url.decode("abcde")
