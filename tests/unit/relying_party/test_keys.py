"""The key sets of providers (I-39)."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey

from broker.errors import LogonInvalid, ProviderUnavailable
from broker.relying_party.keys import ProviderKey, ProviderKeys, parse_keys
from broker.relying_party.network.connection import Budget
from broker.relying_party.network.fetched import FetchedCache
from broker.relying_party.network.http import Response
from tests.support.hostile_provider import a_key

RSA = a_key().as_dict(private=False)
EC = a_key("ec", "EC").as_dict(private=False)
URL = "https://login.example.org/keys"


def parsed(*entries: Any) -> list[str | None]:
    return [key.key_id for key in parse_keys({"keys": list(entries)})]


def test_keys_for_signatures_are_used() -> None:
    assert parsed(RSA, EC, {**RSA, "use": "sig", "key_ops": ["verify"], "alg": "PS256"}) == [
        "first",
        "ec",
        "first",
    ]


def test_private_members_are_not_passed_on() -> None:
    (key,) = parse_keys({"keys": [a_key().as_dict(private=True)]})
    assert not hasattr(key.public, "private_numbers")


@pytest.mark.parametrize(
    "entry",
    [
        {**RSA, "use": "enc"},
        {**RSA, "key_ops": ["encrypt"]},
        {**RSA, "key_ops": "verify"},
        {**RSA, "kid": 7},
        {**RSA, "kid": "x" * 256},
        {**RSA, "alg": ["RS256"]},
        {**RSA, "n": "AQAB"},
        {**RSA, "n": 7},
        {**RSA, "n": "!"},
        {**RSA, "n": "A" * 4000},
        {**RSA, "e": "AA"},
        {**RSA, "e": RSA["n"]},
        {"kty": "RSA"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "first"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {**EC, "x": EC["y"]},
        {**EC, "crv": "P-384"},
        ECKey.generate_key("P-384").as_dict(private=False),
        {**RSA, "n": RSA["n"][:170]},
        "key",
        None,
        [],
    ],
)
def test_other_keys_are_left_out(entry: Any) -> None:
    assert parsed(entry, RSA) == ["first"]


@pytest.mark.parametrize("keys", [None, {}, "keys", 7])
def test_another_document_has_no_keys(keys: Any) -> None:
    assert parse_keys({"keys": keys}) == ()


def test_the_number_of_keys_is_bounded() -> None:
    assert len(parsed(*[RSA] * 150)) == 100


class FakeHttp:
    """Counts requests for a key set."""

    def __init__(self, *entries: Any) -> None:
        self.entries = list(entries)
        self.requests = 0
        self.fails = False

    def get(self, url: str, budget: Budget) -> Any:
        """Return the set."""
        assert url == URL
        self.requests += 1
        if self.fails:
            raise ProviderUnavailable("no connection")
        entries = self.entries

        class Reply(Response):
            def json_object(self) -> dict[str, Any]:
                return {"keys": entries}

        return Reply(200, b"x" * 1000)


class Time:
    """A monotonic clock."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the set time."""
        return self.now


def keys(http: FakeHttp, time: Time) -> ProviderKeys:
    return ProviderKeys(http, FetchedCache[tuple[ProviderKey, ...]](time))  # type: ignore[arg-type]


def test_a_set_is_fetched_once_and_again_after_an_hour() -> None:
    http, time = FakeHttp(RSA), Time()
    provider = keys(http, time)
    for _ in range(2):
        assert provider.of(URL, "first", "RS256", Budget(5))
    assert http.requests == 1
    time.now += 3600
    assert provider.of(URL, "first", "RS256", Budget(5))
    assert http.requests == 2
    assert provider.of(URL, "first", "RS256", Budget(5), is_cached=False)
    assert http.requests == 3


def test_an_unknown_key_id_fetches_at_most_once_a_minute() -> None:
    http, time = FakeHttp(RSA), Time()
    provider = keys(http, time)
    for _ in range(3):
        with pytest.raises(LogonInvalid):
            provider.of(URL, "new", "ES256", Budget(5))
    assert http.requests == 1
    http.entries.append({**EC, "kid": "new"})
    time.now += 60
    assert provider.of(URL, "new", "ES256", Budget(5))
    assert http.requests == 2


def test_without_key_id_only_one_key_may_fit() -> None:
    assert keys(FakeHttp(RSA, EC), Time()).of(URL, None, "ES256", Budget(5))
    two = keys(FakeHttp(RSA, {**RSA, "kid": "second"}), Time())
    with pytest.raises(LogonInvalid):
        two.of(URL, None, "RS256", Budget(5))


def test_a_failure_is_not_repeated_at_once() -> None:
    http, time = FakeHttp(RSA), Time()
    http.fails = True
    provider = keys(http, time)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            provider.of(URL, "first", "RS256", Budget(5))
    assert http.requests == 1
    http.fails = False
    time.now += 5
    assert provider.of(URL, "first", "RS256", Budget(5))
