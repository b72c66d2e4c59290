"""The parts of a compact JSON Web Signature (RFC 7515 section 7.1)."""

from __future__ import annotations

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.json_text.compact_jws import split

TOKEN = jwt.encode({"sub": "x"}, "k" * 32, "HS256")


def test_a_token_has_header_payload_and_signature() -> None:
    parts = split(TOKEN)
    assert [parts.header, parts.payload, parts.signature] == TOKEN.split(".")
    assert parts.signed == TOKEN.rpartition(".")[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a.b",
        "....",
        f"{TOKEN}.",
        f".{TOKEN}",
        f"{TOKEN} ",
        f"{TOKEN}=",
        "é.AA.AA",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        split(text)


@given(st.text(max_size=50))
def test_any_text_is_split_or_refused(text: str) -> None:
    try:
        parts = split(text)
    except ValueError:
        return
    assert text == f"{parts.signed}.{parts.signature}"
