"""The search for secrets in logs finds them in every form."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.support.secrets_in_logs import Minted

if TYPE_CHECKING:
    from pathlib import Path

BINDING = "0a1b2c3d-0000-1111-2222-333344445555$abcdefghijklmnopqrstuvwxyz-_0123456789ABCDE="
INSTANCE = "abcdefghijklmnopqrstuvwxyz0="
CLIENT = "sb-app!t1"
REFRESH = "0123456789abcdef01234567.abcdefghijklmnopqrstuvwxyz-_0123456789ABCDE"


@pytest.fixture
def minted() -> Minted:
    found = Minted()
    for secret in (BINDING, INSTANCE):
        found.remember({"credentials": {"clientid": CLIENT, "clientsecret": secret}})
    found.remember({"refresh_token": REFRESH})
    return found


def lines(minted: Minted, text: str, directory: Path) -> int:
    log = directory / "server.log"
    log.write_text(text)
    return len(list(minted.lines_with_secrets([log])))


@pytest.mark.parametrize(
    "line",
    [
        f'{{"secret": "{BINDING}"}}',
        f"client_secret={INSTANCE}&x",
        f"refresh_token={REFRESH}&x",
        BINDING.rpartition("$")[2],
        BINDING.replace("$", "%24").replace("=", "%3D"),
        f"{CLIENT}:{INSTANCE}",
        f"Authorization: Basic {base64.b64encode(f'{CLIENT}:{BINDING}'.encode()).decode()}",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_is_found(line: str, minted: Minted, tmp_path: Path) -> None:
    assert lines(minted, f"first\n{line}\n", tmp_path) == 1


@pytest.mark.parametrize(
    "line",
    [
        '{"client_id": "sb-app!t1", "jti": "0123456789abcdef0123456789abcdef"}',
        BINDING.partition("$")[0],
        "/v2/service_instances/0a1b2c3d-0000-1111-2222-333344445555",
        "",
    ],
)
def test_other_texts_are_not_found(line: str, minted: Minted, tmp_path: Path) -> None:
    assert lines(minted, line, tmp_path) == 0


def test_responses_other_than_json_are_ignored() -> None:
    minted = Minted()
    minted.remember_answer(b"\xff")
    minted.remember_answer(b'[{"access_token": "' + b"x" * 30 + b'"}]')
    assert len(minted) == 1
