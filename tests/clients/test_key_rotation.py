"""@sap/xssec and sap-xssec survive a rotation of the signing keys without a failure (D-16)."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.clients.node_client import FOLDER, node_program
from tests.clients.python_client import PythonClient
from tests.clients.service_instance import displaying_application
from tests.operations.processes import await_that
from tests.support.application import fetch_token, header_of
from tests.support.platform import PlatformClient
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from tests.support.application import Credentials

LEAD_SECONDS = 4
CACHE_MILLISECONDS = 1000
"""The library's cache time, half an hour by default, in proportion to the lead."""


class Validator:
    """A long-running Node.js application."""

    def __init__(self, credentials: Credentials, ca_file: Path) -> None:
        jwks = {"expirationTime": CACHE_MILLISECONDS, "refreshPeriod": CACHE_MILLISECONDS}
        self._first = {"credentials": credentials, "configuration": {"validation": {"jwks": jwks}}}
        self._process = subprocess.Popen(
            [node_program(), FOLDER / "validator.mjs"],
            env={"NODE_EXTRA_CA_CERTS": str(ca_file)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        self._say(json.dumps(self._first))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=30)

    def validate(self, token: str) -> dict[str, Any]:
        """Return the library's result."""
        self._say(token)
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = {"XSUAA_KEY_LEAD": str(LEAD_SECONDS), "XSUAA_KEY_RELOAD_INTERVAL": "1"}
    with Server(tmp_path, workers=1, **settings) as running:
        yield running


def test_libraries_that_keep_keys_survive_a_rotation_and_notice_a_revocation(
    server: Server,
) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    credentials = displaying_application(platform).create_key().credentials
    accepted = {"clientId": credentials["clientid"]}
    with Validator(credentials, server.ca_file) as validator:
        signed_by: list[str] = []

        def validates() -> None:
            response = fetch_token(credentials)
            signed_by.append(header_of(response)["kid"])
            assert validator.validate(response.json()["access_token"]) == accepted

        old = fetch_token(credentials).json()["access_token"]
        validates()
        server.command("keys", "rotate")

        def has_rotated() -> bool:
            validates()
            assert validator.validate(old) == accepted
            return signed_by[-1] != signed_by[0]

        await_that(has_rotated, "no rotation")
        new = fetch_token(credentials).json()["access_token"]
        python = PythonClient(server.ca_file)
        assert all("error" not in answer for answer in python.validate(credentials, old, new))

        server.command("keys", "revoke", signed_by[0], "--now")
        await_that(lambda: validator.validate(old) != accepted, "not noticed")
        assert validator.validate(old) == {"error": "MissingKidError"}
        assert validator.validate(new) == accepted
        refused, kept = python.validate(credentials, old, new)
        assert "error" in refused
        assert "error" not in kept
