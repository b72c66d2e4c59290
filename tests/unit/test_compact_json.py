"""JSON of tokens and responses: every parser reads the written values."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from broker.compact_json import compact_json

TEXT = st.text(st.characters(codec=None))
VALUES = TEXT | st.integers(-(2**53), 2**53) | st.booleans() | st.none() | st.lists(TEXT)


@given(document=st.dictionaries(TEXT, VALUES))
def test_everything_can_be_read_again(document: dict[str, object]) -> None:
    """Including lone surrogates, which clients may send and UTF-8 cannot encode."""
    assert json.loads(compact_json(document).decode("utf-8")) == json.loads(json.dumps(document))


def test_there_are_no_blanks() -> None:
    assert compact_json({"a": [1, 2], "b": "ü"}) == '{"a":[1,2],"b":"ü"}'.encode()
