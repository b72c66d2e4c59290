"""Token requests of commands; those that succeed are in tests/edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.cli.platform.client import RequestRefused
from broker.cli.platform.token_request import TokenRequest, _result, decoded
from broker.errors import ConfigurationError
from tests.support.server import free_port

if TYPE_CHECKING:
    from pathlib import Path


def test_a_jwt_is_decoded() -> None:
    assert decoded("eyJhIjogMX0.eyJiIjogMn0.c2ln") == ({"a": 1}, {"b": 2})


@pytest.mark.parametrize("token", ["opaque-r", "a.b.c", "eyJhIjogMX0.eyJiIjogMn0", "é.é.é"])
def test_other_tokens_are_not_decoded(token: str) -> None:
    assert decoded(token) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"error": "invalid_client", "error_description": "Bad credentials"}', r"\(401\): Bad"),
        (b'{"error": "invalid_client"}', "invalid_client"),
        (b"{}", "no reason"),
    ],
)
def test_a_refusal_has_its_reason(data: bytes, text: str) -> None:
    with pytest.raises(RequestRefused, match=text):
        _result("https://uaa.example.org/oauth/token", 401, data)


def test_another_response_is_no_token_endpoint() -> None:
    with pytest.raises(ConfigurationError, match="no token endpoint"):
        _result("https://uaa.example.org/oauth/token", 200, b"<html>")


def test_a_service_that_does_not_respond_is_named(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    credentials = {"clientid": "sb-a!t1", "clientsecret": "never-shown", "url": url}
    request = TokenRequest(credentials, {"grant_type": "client_credentials"}, tmp_path / "ca.pem")
    with pytest.raises(ConfigurationError) as caught:
        request.send()
    assert f"{url}/oauth/token" in str(caught.value)
    assert "never-shown" not in str(caught.value)


def test_unusable_key_material_is_refused_without_quoting_it(tmp_path: Path) -> None:
    credentials = {"clientid": "sb-a!t1", "url": "http://127.0.0.1:1"}
    request = TokenRequest(credentials, {}, tmp_path / "ca.pem", "no certificate", "never-shown")
    with pytest.raises(ConfigurationError, match="Certificate and key cannot be used") as caught:
        request.send()
    assert "never-shown" not in str(caught.value)
    assert "never-shown" not in repr(request)
