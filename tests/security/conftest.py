"""Servers with few files and short timeouts, and their slow clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = 400
"""The limit of open files of the server, and with it of its connections."""


@pytest.fixture(scope="session")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one worker per listener and few files; a request may take one second.

    Its plain listener is behind a proxy that forwards certificates.
    """
    server = Server(
        tmp_path_factory.mktemp("small"),
        workers=1,
        XSUAA_REQUEST_TIMEOUT="1",
        XSUAA_THREADS="4",
        XSUAA_FORWARDED_CERTIFICATE="gorouter",
        XSUAA_TRUSTED_PROXIES="127.0.0.0/8",
    )
    server.run_by = ("sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh")
    with server:
        yield server
