"""The plain HTTP listener on granian, the faster of the two servers (D-21)."""

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
from broker.server.parent_watch import exit_with_parent
from broker.server.scheduling import bind_to_share, disable_wakeup_preemption
from broker.server.sockets import BACKLOG
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from broker.oauth.token.fast_path import TokenFastPath

    RequestHandler = Callable[[Any, dict[str, Any]], object]

_LISTENER_VARIABLE = "XSUAA_LISTENER_PID"
_WORKER_VARIABLE = "XSUAA_LISTENER_WORKER"


def _request_handler(
    application: Any, scope: dict[str, Any], log_format: str | None = None
) -> RequestHandler:
    """Return the handler that granian calls with each request.

    The token fast path may send its response later. granian's own handler sends the response when
    the application returns, so that one thread would wait per token request.
    """
    synchronous: RequestHandler = _callback_wrapper(application, scope, log_format)
    fast_path: TokenFastPath | None = application.extensions.get(TOKEN_FAST_PATH)
    if fast_path is None:
        return synchronous

    def handle(protocol: Any, environ: dict[str, Any]) -> None:
        if not fast_path.try_handle(environ, protocol.response_bytes):
            synchronous(protocol, environ)

    return handle


mp._wsgi_call_wrap = _request_handler  # type: ignore[attr-defined,assignment]  # noqa: SLF001


class InheritedSocketsServer(Server):  # type: ignore[misc,valid-type]  # chosen at run time
    """granian on the sockets of the supervisor, one per worker.

    By default each granian worker opens its own socket, and the accept queue is lost when the
    worker ends. On one shared socket the fastest worker would accept most connections.
    """

    def _init_shared_socket(self) -> None:
        self._ssp, self._inherited = None, list[tuple[SocketHolder, socket.socket]]()
        for descriptor in map(int, os.environ[SOCKETS_VARIABLE].split()):
            inherited = socket.socket(fileno=descriptor)
            inherited.set_inheritable(True)
            holder = SocketHolder(descriptor, False, BACKLOG)  # type: ignore[call-arg]  # noqa: FBT003
            self._inherited.append((holder, inherited))

    def _spawn_worker(self, idx: int, *arguments: Any, **options: Any) -> Any:
        # There is one socket only where the system has no SO_REUSEPORT load balancing.
        self._shd, self._sso = self._inherited[idx % len(self._inherited)]
        os.environ[_WORKER_VARIABLE] = str(idx)
        return super()._spawn_worker(idx, *arguments, **options)

    def _drop_shared_socket(self) -> None:
        for _, inherited in self._inherited:
            inherited.close()

    def _respawn_workers(self, workers: list[int], *arguments: Any, **options: Any) -> None:
        killed = [index for index in workers if (self.wrks[index].inner.exitcode or 0) < 0]
        super()._respawn_workers(workers, *arguments, **options)
        # granian stops when a worker ends twice within seconds. That is right for a worker that
        # cannot start; a killed worker is always replaced.
        for index in killed:
            self.respawned_wrks.pop(index, None)


class _Shared:
    """State that the listener's process creates before it forks its workers, if it forks them."""

    workers: Workers | None = None


def listen() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    _Shared.workers = Workers(settings.workers)
    os.environ[_LISTENER_VARIABLE] = str(os.getpid())
    InheritedSocketsServer(
        f"{__name__}:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=settings.threads + settings.waiting_threads,
        # Otherwise one killed worker stops the whole server.
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=DRAIN_SECONDS,
        log_level=LogLevels.error,
    ).serve()


def application() -> Flask:
    """Return the WSGI application of one worker process."""
    exit_with_parent(int(os.environ[_LISTENER_VARIABLE]))
    watch_lifeline()
    disable_wakeup_preemption()
    settings, own = load_settings(), int(os.environ[_WORKER_VARIABLE])
    if settings.cpu_affinity:
        bind_to_share(own, settings.workers)
    # Without shared memory a worker knows only itself and never exceeds its share.
    balancer = (
        ConnectionBalancer(_Shared.workers, own)
        if _Shared.workers
        else ConnectionBalancer(Workers(1), 0)
    )
    return create_app(settings, balancer.should_close_connection)
