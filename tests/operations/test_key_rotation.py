"""Rotation of signing keys on several hosts: automatic under load, and by an operator (D-16)."""

from __future__ import annotations

import random
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests

from broker.runtime.state_directory import new_master_key
from tests.operations.processes import await_that
from tests.support.application import claims_of, fetch_token, header_of
from tests.support.databases import migrated_database
from tests.support.false_clock import can_falsify, false_clock
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials
    from tests.support.postgres import PrivatePostgres

CACHE_SECONDS = 4.0
"""A library's half hour, shortened in proportion to the settings below."""

ROTATION = {
    "XSUAA_KEY_PERIOD": "10",
    "XSUAA_KEY_LEAD": "8",
    "XSUAA_KEY_RETIREMENT": "90",
    "XSUAA_KEY_RELOAD_INTERVAL": "1",
}
ROTATIONS = 2


@dataclass
class Verifier:
    """An application that caches the key set and never fetches it again for an unknown key."""

    hosts: list[Server]
    _keys: dict[str, Any] = field(default_factory=dict)
    _fetched_at: float = float("-inf")

    def validate(self, token: str) -> dict[str, Any]:
        """Return the claims; no leeway, as in the Python library."""
        if time.monotonic() - self._fetched_at > CACHE_SECONDS:
            self._fetched_at = time.monotonic()
            answer = requests.get(f"{random.choice(self.hosts).url}/token_keys", timeout=30)
            self._keys = {key["kid"]: jwt.PyJWK(key).key for key in answer.json()["keys"]}
        kid = jwt.get_unverified_header(token)["kid"]
        if kid not in self._keys:
            raise LookupError(f"{kid} is not among {sorted(self._keys)}")
        claims: dict[str, Any] = jwt.decode(
            token, self._keys[kid], algorithms=["RS256"], options={"verify_aud": False}
        )
        return claims


@pytest.mark.skipif(not can_falsify(), reason="libfaketime does not work on this platform")
def test_no_validation_fails_while_keys_rotate_on_hosts_whose_clocks_differ(
    tmp_path: Path, postgres: PrivatePostgres
) -> None:
    url = migrated_database(postgres, f"rotation-{a_guid()}")
    with ExitStack() as stack:
        hosts = list(start_hosts(stack, tmp_path, url, (0, 120, -120)))
        platform = PlatformClient(hosts[0].url, hosts[0].user, hosts[0].password)
        credentials = bound(platform)
        failures: list[str] = []
        signed_by: set[str] = set()
        done = threading.Event()

        def work() -> None:
            verifier, tokens = Verifier(hosts), []
            while not done.is_set() and not failures:
                response = fetch_token({**credentials, "url": random.choice(hosts).url})
                signed_by.add(header_of(response)["kid"])
                tokens.append(response.json()["access_token"])
                for token in (tokens[-1], random.choice(tokens[-100:])):
                    try:
                        verifier.validate(token)
                    except (LookupError, jwt.InvalidTokenError) as error:
                        failures.append(repr(error))

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        try:
            await_that(lambda: len(signed_by) > ROTATIONS or failures, "no rotation", patience=90)
        finally:
            done.set()
            for worker in workers:
                worker.join()
        assert failures == []
        # Each host has another time; their tokens have the same.
        claims = [claims_of(fetch_token({**credentials, "url": host.url})) for host in hosts]
        assert max(claim["iat"] for claim in claims) - min(claim["iat"] for claim in claims) < 60


def start_hosts(
    stack: ExitStack, directory: Path, url: str, clocks: tuple[int, ...]
) -> Iterator[Server]:
    """Start a host for each clock, all on one database."""
    secrets = {"XSUAA_MASTER_KEYS": new_master_key()}
    for number, ahead in enumerate(clocks):
        folder = directory / str(number)
        folder.mkdir()
        clock = false_clock(ahead) if ahead else {}
        host = Server(folder, database_url=url, workers=1, **ROTATION, **secrets, **clock)
        yield stack.enter_context(host)


def bound(platform: PlatformClient) -> Credentials:
    instance = a_guid()
    platform.provision(instance, a_descriptor(oauth2_configuration={"token-validity": 60}))
    credentials: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return credentials


def listed(server: Server) -> dict[str, str]:
    """Return the state of each key as shown to the operator."""
    lines = server.command("keys", "list").stdout.splitlines()[1:]
    return {line.split()[0]: line.split()[1] for line in lines}


def published(server: Server) -> set[str]:
    keys = requests.get(f"{server.url}/token_keys", timeout=30).json()["keys"]
    return {key["kid"] for key in keys}


def test_an_operator_rotates_and_revokes(tmp_path: Path) -> None:
    with Server(tmp_path, workers=1, XSUAA_KEY_RELOAD_INTERVAL="1") as server:
        credentials = bound(PlatformClient(server.url, server.user, server.password))

        def kid() -> str:
            found: str = header_of(fetch_token(credentials))["kid"]
            return found

        [first] = listed(server)
        assert listed(server) == {first: "signing"}

        output = server.command("keys", "rotate").stdout
        [second] = set(listed(server)) - {first}
        assert f"Key {second} signs from " in output
        assert listed(server) == {first: "signing", second: "published"}
        await_that(lambda: published(server) == {first, second}, "not published")
        assert kid() == first

        again = server.command("keys", "rotate", check=False)
        assert again.returncode == 1
        assert "--force" in again.stderr

        server.command("keys", "rotate", "--force")
        assert listed(server) == {first: "verifying", second: "signing"}
        await_that(lambda: kid() == second, "not signing")
        assert published(server) == {first, second}

        unsure = server.command("keys", "revoke", second, check=False)
        assert unsure.returncode == 1
        assert "--now" in unsure.stderr
        server.command("keys", "revoke", second, "--now")
        [third] = set(listed(server)) - {first, second}
        assert listed(server) == {first: "verifying", second: "retired", third: "signing"}
        await_that(lambda: published(server) == {first, third}, "not revoked")
        assert kid() == third

        unknown = server.command("keys", "revoke", "nobody", "--now", check=False)
        assert unknown.stderr.splitlines() == ['Error: There is no signing key "nobody" in use.']
