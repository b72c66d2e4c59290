"""The format of master keys (D-12)."""

from __future__ import annotations

import base64

import pytest

from broker.settings.master_keys import parse_master_keys


def key(byte: bytes, length: int = 32) -> str:
    return base64.b64encode(byte * length).decode()


def test_keys_keep_their_order() -> None:
    text = f"new:{key(b'n')}, old.1_-:{key(b'o')}"
    assert list(parse_master_keys(text).items()) == [("new", b"n" * 32), ("old.1_-", b"o" * 32)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        key(b"k"),
        f":{key(b'k')}",
        f"a b:{key(b'k')}",
        f"ä:{key(b'k')}",
        f"{'x' * 33}:{key(b'k')}",
        f"k:{key(b'k', 31)}",
        f"k:{key(b'k', 33)}",
        "k:",
        "k:no base64!",
        f"k:{key(b'k')[:-1]}",
        f"k:{key(b'k')},",
        f"k:{key(b'1')},k:{key(b'2')}",
    ],
)
def test_other_texts_are_refused_without_a_key_in_the_message(text: str) -> None:
    with pytest.raises(ValueError, match="must be") as refused:
        parse_master_keys(text)
    assert key(b"k")[:8] not in str(refused.value)
