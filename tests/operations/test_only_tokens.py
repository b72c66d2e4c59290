"""``serve --only tokens``: the token service alone, without the broker's password."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

from tests.support.application import fetch_token
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.postgres import PrivatePostgres


@contextmanager
def running(server: Server) -> Iterator[None]:
    """Start the server on an existing database."""
    server.start()
    try:
        yield
    finally:
        server.stop()


def test_the_token_service_runs_alone(tmp_path: Path, postgres: PrivatePostgres) -> None:
    url = migrated_database(postgres, f"only-{a_guid()}")
    for name in ("broker", "tokens"):
        (tmp_path / name).mkdir()
    with Server(tmp_path / "broker", database_url=url, workers=1) as broker:
        platform = PlatformClient(broker.url, broker.user, broker.password)
        master_keys = (broker.directory / "var/master-keys").read_text().strip()
        alone = Server(
            tmp_path / "tokens",
            database_url=url,
            workers=1,
            XSUAA_MODE="production",
            XSUAA_HOST="127.0.0.1",
            XSUAA_MASTER_KEYS=master_keys,
        )
        alone.arguments = ("--only", "tokens")
        with running(alone):
            instance, binding = a_guid(), a_guid()
            types = credential_types("binding-secret")
            platform.provision(instance, a_descriptor(oauth2_configuration=types))
            credentials = platform.bind(instance, binding).json()["credentials"]
            there = {**credentials, "url": alone.url}
            assert fetch_token(there).status_code == 200
            keys = [requests.get(f"{each.url}/token_keys", timeout=30) for each in (broker, alone)]
            assert keys[0].json() == keys[1].json()
            catalog = requests.get(
                f"{alone.url}/v2/catalog",
                auth=(broker.user, broker.password),
                headers={"X-Broker-API-Version": "2.17"},
                timeout=30,
            )
            assert catalog.status_code == 404
            platform.unbind(instance, binding)
            assert fetch_token(there).status_code == 401
        assert not (alone.directory / "var/broker-password").exists()
