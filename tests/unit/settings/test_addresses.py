"""Origins and host names of the settings."""

from __future__ import annotations

import pytest

from broker.settings.addresses import host_name, origin


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        ("https://uaa.example.org", "https://uaa.example.org"),
        ("https://{zone}.example.org:8443/", "https://{zone}.example.org:8443"),
    ],
)
def test_an_origin_has_no_slash_at_its_end(value: str, expected: str) -> None:
    assert origin(value) == expected


@pytest.mark.parametrize(
    "value", ["uaa.example.org", "ftp://a.org", "https://", "https://a.org/b", "https://a.org?b"]
)
def test_other_texts_are_no_origin(value: str) -> None:
    with pytest.raises(ValueError, match="must be an origin"):
        origin(value)


@pytest.mark.parametrize("value", ["", "a.example.org", "localhost:8443", "[::1]:8443"])
def test_host_names(value: str) -> None:
    assert host_name(value) == value


@pytest.mark.parametrize("value", ["https://a.org", "a/b", "a b", "::1"])
def test_other_texts_are_no_host_name(value: str) -> None:
    with pytest.raises(ValueError, match="must be a host name"):
        host_name(value)
