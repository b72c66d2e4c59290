"""An exact number of token requests, which the load generator does not support."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from benchmarks.cores import client_core, pinned_to
from benchmarks.http_requests import basic
from benchmarks.load import MeasurementSpoiledError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.population import Known

_CONNECTIONS = 16
_TIMEOUT_SECONDS = 30.0
_BODY = "grant_type=client_credentials"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def fetch_tokens(port: int, clients: Sequence[Known]) -> None:
    """Fetch a token for each of the clients; raise MeasurementSpoiledError when one is missing."""
    shares = [clients[index::_CONNECTIONS] for index in range(_CONNECTIONS)]
    with pinned_to(client_core()), ThreadPoolExecutor(_CONNECTIONS) as threads:
        list(threads.map(partial(_fetch, port), shares))


def _fetch(port: int, clients: Sequence[Known]) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)) as connection:
        for client in clients:
            try:
                status = _status(connection, client)
            except (OSError, HTTPException) as error:
                raise MeasurementSpoiledError(f"a token is missing: {error!r}") from error
            if status != HTTPStatus.OK:
                raise MeasurementSpoiledError(f"a token was refused with {status}")


def _status(connection: HTTPConnection, client: Known) -> int:
    headers = _FORM | basic(client.client_id, client.secret)
    connection.request("POST", "/oauth/token", _BODY, headers)
    response = connection.getresponse()
    response.read()
    return response.status
