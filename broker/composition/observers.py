"""The composition of what watches the token service: counts of use, and metrics when wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.clock import SystemClock
from broker.oauth.observer import Observers
from broker.observability.usage import UsageRecorder
from broker.runtime.background import PeriodicTask
from broker.store.credentials.usage import write_usage
from broker.store.reports.census import take_census

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Engine

    from broker.oauth.observer import TokenObserver
    from broker.runtime.background import BackgroundWorker
    from broker.settings.model import Settings


@dataclass(frozen=True, slots=True)
class TokenMonitoring:
    """Observes what the token service decides, and requests that bypass the framework.

    ``observe_request`` is told the endpoint's name, the status, and the seconds it took.
    """

    observer: TokenObserver
    observe_request: Callable[[str, int, float], None]


def watch(
    app: Flask, settings: Settings, engine: Engine, background: BackgroundWorker
) -> TokenMonitoring:
    """Return what watches the token service; add ``/metrics`` to the application if it is on."""
    recorder = UsageRecorder(
        lambda counts: write_usage(engine, counts), SystemClock(), background.notify
    )
    background.add(PeriodicTask("usage", recorder.flush, settings.usage_flush_interval))
    token = settings.metrics_token.get_secret_value()
    if not token:
        return TokenMonitoring(recorder, lambda *_: None)
    # Looks for its directory when it is imported, and costs a start without metrics nothing.
    from broker.observability.metrics import Metrics  # noqa: PLC0415

    metrics = Metrics()
    metrics.watch_requests(app)
    metrics.watch_pool(engine, settings.threads)
    app.register_blueprint(metrics.endpoint(token, lambda: take_census(engine)))
    return TokenMonitoring(Observers([recorder, metrics]), metrics.observe_request)
