"""The verification of id tokens: each defect alone is refused (I-39, TH-08)."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import LogonInvalid
from broker.relying_party.id_token import Expected, stated_issuer, verified_claims
from broker.relying_party.keys import ProviderKey, parse_keys
from tests.support.hostile_provider import a_key, signed, signed_with_public_key, unsigned

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER = "https://login.example.org"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "broker",
    "sub": "subject",
    "iat": SECONDS,
    "exp": SECONDS + 300,
    "nonce": "n-1",
}
EXPECTED = Expected(ISSUER, "broker", "n-1", "access", max_age=None)
EC = a_key("ec", "EC")
SETS = parse_keys({"keys": [a_key().as_dict(private=False), EC.as_dict(private=False)]})


def find_keys(key_id: str | None, algorithm: str, keys: Sequence[ProviderKey] = SETS) -> Any:
    found = [each.public for each in keys if each.fits(algorithm) and key_id in {None, each.key_id}]
    if not found:
        raise LogonInvalid("the key of the signature is unknown")
    return found


def verify(token: str, expected: Expected = EXPECTED) -> dict[str, Any]:
    return verified_claims(token, expected, find_keys, NOW)


def claims(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (CLAIMS | changes).items() if value is not None}


def reason(token: str, expected: Expected = EXPECTED) -> str:
    with pytest.raises(LogonInvalid) as invalid:
        verify(token, expected)
    return invalid.value.reason


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_an_honest_token_is_accepted(algorithm: str) -> None:
    assert verify(signed(claims(), algorithm=algorithm)) == CLAIMS
    assert verify(signed(claims(), EC, "ES256")) == CLAIMS
    assert verify(signed(claims(aud=["broker", "other"], azp="broker")))["azp"] == "broker"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "NONE"},
        {"alg": "HS256", "kid": "first"},
        {"alg": ["RS256"]},
        {"alg": None},
        {},
    ],
)
def test_unsigned_and_weak_algorithms_are_refused(header: dict[str, Any]) -> None:
    assert "algorithm" in reason(unsigned(header, CLAIMS))


def test_a_token_without_signature_is_refused() -> None:
    assert "JWT" in reason(unsigned({"alg": "RS256", "kid": "first"}, CLAIMS, ""))
    assert "signature" in reason(unsigned({"alg": "RS256", "kid": "first"}, CLAIMS))
    assert "signature" in reason(unsigned({"alg": "ES256", "kid": "ec"}, CLAIMS))


def test_the_public_key_is_no_shared_secret() -> None:
    assert "algorithm" in reason(signed_with_public_key(CLAIMS))


def test_other_signatures_of_the_same_key_are_refused() -> None:
    assert "algorithm" in reason(signed(claims(), algorithm="RS512"))


def test_the_key_of_another_algorithm_is_not_used() -> None:
    assert "key" in reason(signed(claims(), EC, "ES256", kid="first"))
    assert "key" in reason(signed(claims(), kid="ec"))


def test_a_foreign_key_is_refused() -> None:
    foreign = a_key("foreign")
    assert "signature" in reason(signed(claims(), foreign, kid="first"))
    assert "unknown" in reason(signed(claims(), foreign))
    embedded = foreign.as_dict(private=False)
    for header in (
        {"jwk": embedded},
        {"jku": "https://evil.example.org/keys"},
        {"x5u": "https://evil.example.org/chain"},
        {"x5c": ["MIIB"]},
    ):
        assert "signature" in reason(signed(claims(), foreign, kid="first", **header))
        assert verify(signed(claims(), **header)) == CLAIMS


@pytest.mark.parametrize(
    "key_id", ["../../first", "https://evil.example.org/keys", "first\x00", "x" * 300, 7, ["first"]]
)
def test_a_key_id_is_compared_only(key_id: Any) -> None:
    assert "key" in reason(unsigned({"alg": "RS256", "kid": key_id}, CLAIMS))


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"]}, {"b64": False, "crit": ["b64"]}, {"b64": False}]
)
def test_extensions_are_refused(header: dict[str, Any]) -> None:
    assert "extension" in reason(unsigned({"alg": "RS256", "kid": "first", **header}, CLAIMS))


@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "logout+JWT"])
def test_another_kind_of_token_is_refused(kind: str) -> None:
    assert "no id token" in reason(signed(claims(), typ=kind))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"iss": "https://evil.example.org"}, "iss"),
        ({"iss": f"{ISSUER}/"}, "iss"),
        ({"iss": None}, "iss"),
        ({"iss": [ISSUER]}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": {"broker": 1}}, "aud"),
        ({"aud": ["broker", 1]}, "aud"),
        ({"aud": "broker "}, "aud"),
        ({"aud": ["broker", "other"]}, "azp"),
        ({"aud": ["broker", "other"], "azp": "other"}, "azp"),
        ({"azp": "other"}, "azp"),
        ({"azp": ["broker"]}, "azp"),
        ({"exp": SECONDS - 60}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "9999999999"}, "exp"),
        ({"exp": True}, "exp"),
        ({"iat": None}, "iat"),
        ({"iat": SECONDS + 61}, "future"),
        ({"nbf": SECONDS + 61}, "not valid yet"),
        ({"nbf": "now"}, "nbf"),
        ({"nonce": None}, "nonce"),
        ({"nonce": "n-2"}, "nonce"),
        ({"nonce": ["n-1"]}, "nonce"),
        ({"nonce": "\ud800"}, "nonce"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 256}, "sub"),
        ({"sub": 7}, "sub"),
        ({"at_hash": "wrong"}, "at_hash"),
        ({"at_hash": 1}, "at_hash"),
    ],
)
def test_each_wrong_claim_is_refused(changes: dict[str, Any], text: str) -> None:
    assert text in reason(signed(claims(**changes)))


def test_clocks_may_differ_by_a_minute() -> None:
    assert verify(signed(claims(exp=SECONDS - 59, iat=SECONDS + 60, nbf=SECONDS + 60)))


def test_the_hash_of_the_access_token_is_compared() -> None:
    half = base64.urlsafe_b64encode(hashlib.sha256(b"access").digest()[:16]).rstrip(b"=").decode()
    assert verify(signed(claims(at_hash=half)))


def test_the_time_of_the_authentication_is_compared_if_it_was_requested() -> None:
    fresh = Expected(ISSUER, "broker", "n-1", max_age=100)
    assert "auth_time" in reason(signed(claims()), fresh)
    assert "too long ago" in reason(signed(claims(auth_time=SECONDS - 161)), fresh)
    assert verify(signed(claims(auth_time=SECONDS - 160)), fresh)


def test_a_provider_that_ignores_a_repeated_authentication_is_noticed() -> None:
    again = Expected(ISSUER, "broker", "n-1", authenticated_after=NOW)
    assert verify(signed(claims()), again)
    assert verify(signed(claims(auth_time=SECONDS - 60)), again)
    assert "again" in reason(signed(claims(auth_time=SECONDS - 61)), again)


def test_an_assertion_must_be_young_and_needs_no_nonce() -> None:
    assertion = Expected(ISSUER, "broker", max_token_age=600)
    assert verify(signed(claims(nonce=None, iat=SECONDS - 600)), assertion)
    assert "too long ago" in reason(signed(claims(iat=SECONDS - 661)), assertion)


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"null",
        b"{",
        b'{"iss":"https://login.example.org","iss":"https://login.example.org"}',
        b'{"exp":NaN}',
        b'{"a":' + b"[" * 100 + b"]" * 100 + b"}",
        b"\xff\xfe",
    ],
)
def test_an_ambiguous_payload_is_refused(payload: bytes) -> None:
    assert "JSON" in reason(signed(payload))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c.d", "a.b.c", "é.é.é", "a.b.c=", "a" * 40_000, "{}.{}.{}"],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    reason(token)
    assert stated_issuer(token) is None


def test_the_issuer_of_an_unverified_token_is_readable() -> None:
    assert stated_issuer(unsigned({"alg": "none"}, CLAIMS)) == ISSUER
    assert stated_issuer(unsigned({"alg": "none"}, {"iss": 7})) is None


HONEST = signed(CLAIMS)


@given(st.integers(0, len(HONEST) - 1), st.characters(max_codepoint=0x7F))
def test_every_changed_character_is_noticed(at: int, character: str) -> None:
    changed = f"{HONEST[:at]}{character}{HONEST[at + 1 :]}"
    try:
        found = verify(changed)
    except LogonInvalid:
        return
    assert found == CLAIMS  # only unused bits at the end of a part differ
    decoded = [base64.urlsafe_b64decode(part + "==") for part in changed.split(".")]
    assert decoded == [base64.urlsafe_b64decode(part + "==") for part in HONEST.split(".")]


@given(
    st.dictionaries(
        st.text(max_size=12),
        st.recursive(
            st.none()
            | st.booleans()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
        max_size=6,
    ),
    st.sampled_from(sorted(CLAIMS)),
)
def test_no_claims_cause_another_error(more: dict[str, Any], replaced: str) -> None:
    changed = CLAIMS | more | {replaced: next(iter(more.values()), None)}
    with suppress(LogonInvalid):
        verify(signed(json.dumps(changed).encode()))
