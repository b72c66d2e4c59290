"""Lists and JSON documents in text columns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.authorization.grant_types import CLIENT_GRANTS
from broker.descriptor.model import CredentialType
from broker.store.database.columns import (
    credential_type,
    from_grant_types_text,
    from_json_text,
    from_scopes_text,
    from_types_text,
    json_text,
    readable_json,
    types_text,
    words_text,
)

TEXTS = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON)
def test_any_document_is_read_back_from_pure_ascii(document: object) -> None:
    """Including NUL and lone surrogates."""
    text = json_text(document)
    assert from_json_text(text) == readable_json(text) == document
    assert text.isascii()
    assert "\x00" not in text


def test_equal_documents_have_one_text() -> None:
    assert (
        json_text({"b": 1, "a": [True]}) == json_text({"a": [True], "b": 1}) == '{"a":[true],"b":1}'
    )
    with pytest.raises(ValueError, match="JSON"):
        json_text(float("nan"))


@pytest.mark.parametrize("text", ["", "{", None, b"\xff", "[" * 100_000])
def test_a_damaged_document_is_none(text: object) -> None:
    assert readable_json(text) is None


def test_credential_types_keep_their_order_and_unknown_types() -> None:
    types = (CredentialType.X509, "later", CredentialType.BINDING_SECRET)
    assert types_text(types) == "x509,later,binding-secret"
    found = from_types_text("x509,later,binding-secret")
    assert found == types
    assert [type(each) for each in found] == [CredentialType, str, CredentialType]
    assert credential_type("x509") is CredentialType.X509
    assert credential_type("") == ""


@pytest.mark.parametrize("damaged", [7, None, b"x509"])
def test_a_damaged_list_of_types_accepts_nothing(damaged: object) -> None:
    assert from_types_text(damaged) == ()


@pytest.mark.parametrize("words", [(), ("a",), ("b", "a")])
def test_scopes_and_grant_types_are_words(words: tuple[str, ...]) -> None:
    assert from_scopes_text(words_text(words)) == words
    assert from_grant_types_text(words_text(words)) == words


def test_no_grant_types_at_all_mean_those_of_clients() -> None:
    """D-60: an older version writes NULL."""
    assert from_grant_types_text(None) == CLIENT_GRANTS
    assert from_grant_types_text("") == ()
