"""Plain HTTP by granian, the faster one of the two servers (D-21)."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server, mp
from granian.wsgi import _callback_wrapper

from broker.composition.app import TOKEN_FAST_PATH, create_app
from broker.runtime.draining import watch_lifeline
from broker.server.connection_balancing import ConnectionBalancer, Workers
from broker.server.listeners import DRAIN_SECONDS, SOCKETS_VARIABLE
from broker.server.parentage import end_with_parent
from broker.server.scheduling import bind_to_share, disable_wakeup_preemption
from broker.server.sockets import BACKLOG
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from broker.oauth.token.fast_path import TokenFastPath

    Answering = Callable[[Any, dict[str, Any]], object]

_LISTENER_VARIABLE = "XSUAA_LISTENER_PID"
_WORKER_VARIABLE = "XSUAA_LISTENER_WORKER"


def _answering_later(
    application: Any, scope: dict[str, Any], log_format: str | None = None
) -> Answering:
    """Return what granian calls with each request: token requests may be answered later.

    By itself it answers when the application returns, so a thread would wait for each answer.
    """
    at_once: Answering = _callback_wrapper(application, scope, log_format)
    fast_path: TokenFastPath | None = application.extensions.get(TOKEN_FAST_PATH)
    if fast_path is None:
        return at_once

    def answering(protocol: Any, environ: dict[str, Any]) -> None:
        if not fast_path.try_handle(environ, protocol.response_bytes):
            at_once(protocol, environ)

    return answering


mp._wsgi_call_wrap = _answering_later  # type: ignore[attr-defined,assignment]  # noqa: SLF001


class GivenSocketsServer(Server):  # type: ignore[misc,valid-type]  # chosen at run time
    """granian on the supervisor's sockets, one for each worker.

    By itself each worker opens a socket of its own, whose queue dies with it. On a common one the
    worker that is quicker takes all connections.
    """

    def _init_shared_socket(self) -> None:
        self._ssp, self._given = None, list[tuple[SocketHolder, socket.socket]]()
        for descriptor in map(int, os.environ[SOCKETS_VARIABLE].split()):
            given = socket.socket(fileno=descriptor)
            given.set_inheritable(True)
            holder = SocketHolder(descriptor, False, BACKLOG)  # type: ignore[call-arg]  # noqa: FBT003
            self._given.append((holder, given))

    def _spawn_worker(self, idx: int, *arguments: Any, **options: Any) -> Any:
        # Of several, if the system lets several share a port.
        self._shd, self._sso = self._given[idx % len(self._given)]
        os.environ[_WORKER_VARIABLE] = str(idx)
        return super()._spawn_worker(idx, *arguments, **options)

    def _drop_shared_socket(self) -> None:
        for _, given in self._given:
            given.close()

    def _respawn_workers(self, workers: list[int], *arguments: Any, **options: Any) -> None:
        killed = [index for index in workers if (self.wrks[index].inner.exitcode or 0) < 0]
        super()._respawn_workers(workers, *arguments, **options)
        # granian gives up when a worker ends twice within seconds. That is right for one that
        # cannot start; one that was killed is replaced as often as it takes.
        for index in killed:
            self.respawned_wrks.pop(index, None)


class _Shared:
    """What the listener's process has made before it forks its workers, if it forks them."""

    workers: Workers | None = None


def listen() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    _Shared.workers = Workers(settings.workers)
    os.environ[_LISTENER_VARIABLE] = str(os.getpid())
    GivenSocketsServer(
        f"{__name__}:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=settings.threads + settings.waiting_threads,
        # Without it one killed worker ends the whole server.
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=DRAIN_SECONDS,
        log_level=LogLevels.error,
    ).serve()


def application() -> Flask:
    """Return the WSGI application of one worker process."""
    end_with_parent(int(os.environ[_LISTENER_VARIABLE]))
    watch_lifeline()
    disable_wakeup_preemption()
    settings, own = load_settings(), int(os.environ[_WORKER_VARIABLE])
    if settings.cpu_affinity:
        bind_to_share(own, settings.workers)
    # Without common memory each knows of itself alone, and never has more than its share.
    balancer = (
        ConnectionBalancer(_Shared.workers, own)
        if _Shared.workers
        else ConnectionBalancer(Workers(1), 0)
    )
    return create_app(settings, balancer.should_close_connection)
