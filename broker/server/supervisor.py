"""The supervisor: checks configuration and database, then runs both listeners (D-21)."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import ssl
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING
from urllib.error import URLError

import structlog

import broker.composition.app  # noqa: F401 - listeners share the loaded modules (decision 0024)
from broker import __version__
from broker.composition.addresses import addresses_of, settings_warnings
from broker.composition.administration import leave_store, prepare_store
from broker.composition.certificates import check_certificates, publish_certificates
from broker.errors import ConfigurationError
from broker.pki.development import ensure_server_certificate
from broker.pki.server_certificate import check_pair, publish_pair
from broker.runtime.draining import LIFELINE_VARIABLE, NOTICE_SECONDS, refuse_new_connections
from broker.runtime.state_directory import clear_directory
from broker.server.background_tasks import start_background_tasks
from broker.server.listeners import (
    CERTIFICATE_VARIABLE,
    KEY_VARIABLE,
    METRICS_DIRECTORY_VARIABLE,
    SOCKETS_VARIABLE,
    run,
)
from broker.server.open_files import raise_open_files_limit
from broker.server.reloading import Reloading
from broker.server.sockets import listening_sockets
from broker.settings.database import name_of
from broker.settings.installation import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.process import BaseProcess
    from pathlib import Path
    from types import FrameType

    from broker.settings.model import Settings

_log = structlog.get_logger(__name__)

GRACE_SECONDS = 8.0
"""Between SIGTERM and SIGKILL for the listeners; Cloud Foundry allows 10 seconds in total."""

_START_SECONDS = 60.0
_POLL_SECONDS = 0.1


_COLLECTION = 700, 10, 10
"""Python's thresholds of the garbage collection, of which commands raise the first one."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A running listener."""

    name: str
    process: BaseProcess


def serve(settings: Settings, on_ready: Callable[[Settings], None]) -> int:
    """Run both listeners until SIGTERM or SIGINT; return the exit status.

    ``on_ready`` is called when the listeners are ready to serve. Raises ConfigurationError when a
    port is in use, the schema is not current or a key is missing.
    """
    raise_open_files_limit()
    reloading = Reloading()
    sockets = {
        name: listening_sockets(settings.host, port, variable, settings.workers)
        for name, (variable, port) in _ports(settings).items()
    }
    prepare_store(settings)
    # A directory that cannot be written has no record: commands then need the server's settings.
    with suppress(ConfigurationError, OSError):
        record(settings)
    check_certificates(settings)
    publish_certificates(settings)
    stop = _StopRequest()
    lifeline = os.pipe()
    # Workers share the memory of the modules loaded so far until it is written to; a collection
    # before would free memory within it, which each worker then fills by itself.
    gc.freeze()
    gc.set_threshold(*_COLLECTION)
    listeners = [
        _start(name, environment, sockets, lifeline)
        for name, environment in _listener_environments(settings).items()
    ]
    # After the listeners are forked: a fork must not copy these threads.
    reloading.start()
    put_back = start_background_tasks(settings, _generated_certificate(settings))
    try:
        if _wait_until_ready(settings, listeners, stop):
            for warning in settings_warnings(settings):
                _log.warning(warning)
            _log_start(settings)
            on_ready(settings)
        while not (stop.requested or put_back.problem) and all(map(_is_alive, listeners)):
            time.sleep(_POLL_SECONDS)
    finally:
        failed = [listener.name for listener in listeners if not _is_alive(listener)]
        os.close(lifeline[1])
        if not failed:
            time.sleep(NOTICE_SECONDS)
            refuse_new_connections(list(chain(*sockets.values())))
        for listening in chain(*sockets.values()):
            listening.close()
        _stop_all(listeners)
    if not put_back.problem:
        leave_store(settings)
    ended = f"the {' and '.join(failed)} listener ended" if failed else ""
    _log.info("server stopped", reason=stop.signal or ended or put_back.problem)
    if failed and not stop.requested:
        sys.stderr.write(f"The {' and '.join(failed)} listener ended; stopping.\n")
        return 1
    if put_back.problem:
        sys.stderr.write(f"{put_back.problem}\n")
        return 1
    return 0


def _log_start(settings: Settings) -> None:
    """Log what runs, without secrets."""
    database = name_of(settings.database_url.get_secret_value())
    _log.info(
        "server started",
        version=__version__,
        mode=settings.mode,
        only=settings.only,
        listening=[f"{settings.host} port {port}" for _, port in _ports(settings).values()],
        public_url=settings.public_url,
        cert_url=settings.cert_url,
        api_url=settings.api_url,
        database=database.kind,
        database_host=database.host,
        workers=settings.workers,
    )


class _StopRequest:
    """Whether SIGTERM or SIGINT was received, and which one."""

    def __init__(self) -> None:
        self.signal = ""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request)

    @property
    def requested(self) -> bool:
        return bool(self.signal)

    def _request(self, number: int, _frame: FrameType | None) -> None:
        self.signal = signal.Signals(number).name


def _ports(settings: Settings) -> dict[str, tuple[str, int]]:
    ports = {"http": ("PORT", settings.port)}
    if settings.tls_port:
        ports["tls"] = ("XSUAA_TLS_PORT", settings.tls_port)
    return ports


def _listener_environments(settings: Settings) -> dict[str, Mapping[str, str]]:
    common = _metrics_environment(settings)
    environments: dict[str, Mapping[str, str]] = {"http": common}
    if settings.tls_port:
        certificate, key = settings.tls_certificate_file, settings.tls_key_file
        if certificate is None or key is None:
            certificate = key = ensure_server_certificate(settings.state_dir, _hosts(settings))
        _require_usable(certificate, key)
        publish_pair(certificate, key)
        environments["tls"] = {
            **common,
            CERTIFICATE_VARIABLE: str(certificate),
            KEY_VARIABLE: str(key),
        }
    return environments


def _metrics_environment(settings: Settings) -> dict[str, str]:
    """Return the metrics directory that all workers share; its name has the port of this server."""
    if not settings.metrics_token.get_secret_value():
        return {}
    directory = settings.state_dir.absolute() / f"metrics-{settings.port}"
    clear_directory(directory)
    return {METRICS_DIRECTORY_VARIABLE: str(directory)}


def _generated_certificate(settings: Settings) -> Callable[[], object] | None:
    """Return what renews the generated certificate when it is due; None if it is not served."""
    if not settings.tls_port or settings.tls_certificate_file is not None:
        return None
    return lambda: ensure_server_certificate(settings.state_dir, _hosts(settings))


def _require_usable(certificate: Path, key: Path) -> None:
    try:
        check_pair((certificate.read_bytes(), key.read_bytes()))
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or "not PEM"
        raise ConfigurationError(
            f"XSUAA_TLS_CERTIFICATE_FILE, XSUAA_TLS_KEY_FILE: {certificate} and {key} cannot be"
            f" used ({reason})"
        ) from error


def _hosts(settings: Settings) -> list[str]:
    named = addresses_of(settings).host_names
    return list(dict.fromkeys([*named, "localhost", "127.0.0.1", "::1"]))


def _start(
    name: str,
    environment: Mapping[str, str],
    sockets: Mapping[str, Sequence[socket.socket]],
    lifeline: tuple[int, int],
) -> Listener:
    """Fork a listener, whose modules are loaded already."""
    own, (lifeline_reader, lifeline_writer) = sockets[name], lifeline
    foreign = [each.fileno() for each in chain(*sockets.values()) if each not in own]
    variables = {
        **environment,
        SOCKETS_VARIABLE: " ".join(str(each.fileno()) for each in own),
        LIFELINE_VARIABLE: str(lifeline_reader),
    }
    process = multiprocessing.get_context("fork").Process(
        target=run, args=(name, os.getpid(), variables, [*foreign, lifeline_writer]), name=name
    )
    process.start()
    return Listener(name, process)


def _is_alive(listener: Listener) -> bool:
    return listener.process.is_alive()


def _wait_until_ready(settings: Settings, listeners: list[Listener], stop: _StopRequest) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/readyz"
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up and not stop.requested:
        if not all(_is_alive(listener) for listener in listeners):
            return False
        with suppress(URLError, OSError), urllib.request.urlopen(url, timeout=1):
            if not settings.tls_port or _tls_accepts(host, settings.tls_port):
                return True
        time.sleep(_POLL_SECONDS)
    return False


def _tls_accepts(host: str, port: int) -> bool:
    # A complete handshake: an incomplete one would log a warning.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError), socket.create_connection((host, port), timeout=1) as connection:
        context.wrap_socket(connection).close()
        return True
    return False


def _stop_all(listeners: list[Listener]) -> None:
    for listener in listeners:
        listener.process.terminate()
    give_up = time.monotonic() + GRACE_SECONDS
    for listener in listeners:
        listener.process.join(timeout=max(0.0, give_up - time.monotonic()))
        # The processes left in the listener's session, including its workers.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(_pid(listener), signal.SIGKILL)
        listener.process.join()


def _pid(listener: Listener) -> int:
    if listener.process.pid is None:
        raise ProcessLookupError
    return listener.process.pid
