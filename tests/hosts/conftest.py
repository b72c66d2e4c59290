"""Three hosts for every test of this suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.databases import migrated_database
from tests.support.hosts import Hosts
from tests.support.nginx import NginxMissingError, nginx_program
from tests.support.platform import PlatformClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.postgres import PrivatePostgres


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The nginx program."""
    try:
        return nginx_program(tmp_path_factory.mktemp("nginx"))
    except NginxMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def hosts(
    nginx: Path, postgres: PrivatePostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hosts]:
    """Three running hosts."""
    url = migrated_database(postgres, f"hosts-{tmp_path_factory.mktemp('hosts').name}")
    directory = tmp_path_factory.mktemp("hosts")
    with Hosts(directory, nginx, url, XSUAA_KEY_RELOAD_INTERVAL="1") as running:
        yield running


@pytest.fixture
def platform(hosts: Hosts) -> PlatformClient:
    """The platform, which uses only the proxy."""
    return PlatformClient(hosts.url, hosts.user, hosts.password)
