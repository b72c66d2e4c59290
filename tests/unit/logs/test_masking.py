"""Nothing that has the form of a secret is left of a client's text in the log."""

from __future__ import annotations

import base64
import random
import time

import pytest

from broker.credentials.binding_secret import BindingSecret
from broker.credentials.instance_secret import InstanceSecret
from broker.logs.masking import MAX_CLIENT_TEXT, path_for_log, usable_id, without_secrets
from broker.runtime.state_directory import new_master_key

GUID = "8b6f6a2e-3c1d-4f60-9d2c-0b7a5c9e1f34"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzYi1hcHAhdDEifQ.c2lnbmF0dXJl"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIE\nabc\n-----END PRIVATE KEY-----"


def secrets_of_each_kind() -> list[str]:
    instance, binding = InstanceSecret().mint(), BindingSecret().mint(GUID)
    basic = base64.b64encode(f"sb-app!t1:{instance.text}".encode()).decode()
    return [
        instance.text,
        instance.text.rstrip("="),
        binding.text,
        binding.text.partition("$")[2],
        binding.text.replace("$", "%24").replace("=", "%3D"),
        new_master_key().partition(":")[2],
        basic,
        f"Basic {basic}",
        f"Bearer {JWT}",
        JWT,
        PEM,
        "0123456789abcdef" * 4,
    ]


@pytest.mark.parametrize(
    "around", ["{}", "/{}", "/v2/service_instances/{}/last_operation", "/oauth/{}", "id {}, 17"]
)
def test_secrets_are_masked_wherever_they_stand(around: str) -> None:
    for _ in range(20):
        for secret in secrets_of_each_kind():
            text = around.format(secret)
            assert longest_piece(secret, without_secrets(text)) < 22, secret
            assert longest_piece(secret, path_for_log(text)) < 22, secret
            assert usable_id(text) is None, secret


@pytest.mark.parametrize("offset", range(100, 140, 3))
def test_a_secret_across_the_end_is_masked(offset: int) -> None:
    for secret in secrets_of_each_kind():
        for text in ("-" * offset + " " + secret, "- " * (2 * offset) + secret + " " + "x " * 400):
            assert longest_piece(secret, without_secrets(text)) < 12
            assert longest_piece(secret, usable_id(text) or "") < 12


def longest_piece(secret: str, text: str) -> int:
    """Return the length of the longest beginning of the secret in the text, without its GUID."""
    secret = secret.removeprefix(GUID)
    return max(size for size in range(len(secret) + 1) if secret[:size] in text)


@pytest.mark.parametrize(
    "text",
    [
        "/?client_secret=short",
        "password=short&x=1",
        "Authorization: short",
        "Basic abc",
        '{"token": "short"}',
    ],
)
def test_values_of_named_parameters_are_masked(text: str) -> None:
    masked = without_secrets(text)
    assert "***" in masked
    assert "short" not in masked
    assert "abc" not in masked


@pytest.mark.parametrize(
    "query",
    ["code=short", "a/code%3Dshort", "c%6Fde=short", "%63ode%253dshort", "a=b&x=short", "a=short;"],
)
def test_values_of_parameters_in_a_path_are_masked(query: str) -> None:
    for separator in "?/;&":
        masked = path_for_log(f"/oauth/token{separator}{query}")
        assert "***" in masked
        assert "short" not in masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c-17",
        GUID,
        GUID.upper(),
        f"{GUID}::0d4a4875-d9f7-4bb3-b320-ab00e73031c0",
        f"correlation-{GUID}",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "Root=1-5759e988-bd862e3fe1be46a994272793",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "V1StGXR8_Z5jdHi6B-myT",
        "ConcurrentModificationError",
        f"/v2/service_instances/{GUID}/service_bindings/{GUID}/last_operation",
        "/v2/service_instances/My-Instance/service_bindings/b1",
        "/oauth/token/revoke/client/sb-app!t1",
        "/.well-known/openid-configuration",
    ],
)
def test_ids_and_paths_stay_readable(text: str) -> None:
    assert without_secrets(text) == text
    assert "=" in text or path_for_log(text) == text
    assert usable_id(text) == text


def test_long_texts_are_cut() -> None:
    for text in ("a b " * 100, "a b " * 100_000):
        assert without_secrets(text) == f"{text[:MAX_CLIENT_TEXT]}…"
        assert usable_id(text) == text[:MAX_CLIENT_TEXT]
    assert without_secrets("a b " * 100, 1000) == "a b " * 100


@pytest.mark.parametrize(
    "unit", ["A", "a", "/", "a/", "A/", "eyJ", "eyJ.", "-", "-----BEGIN", "secret=", "Aa-", "%"]
)
def test_time_is_linear(unit: str) -> None:
    began = time.thread_time()
    for text in (unit * 100_000, f"{unit * 100_000}!"):
        without_secrets(text, 100_000)
        usable_id(text)
    assert time.thread_time() - began < 1.0


def test_any_text_is_accepted() -> None:
    pool = "aA1+/=_-%.:$ ~\n\u00e9\ud800eyJ"
    chosen = random.Random(1)
    for _ in range(2000):
        text = "".join(chosen.choices(pool, k=chosen.randrange(300)))
        assert len(without_secrets(text)) <= MAX_CLIENT_TEXT + 1
        assert len(usable_id(text) or "") <= MAX_CLIENT_TEXT
