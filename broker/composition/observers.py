"""The composition of the token service's observers: usage counts, and metrics if configured."""

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
    """Observers of the token service's decisions, and of requests that bypass Flask.

    ``observe_request`` receives the endpoint's name, the status and the duration in seconds,
    ``count_event`` the name of an event of the network.
    """

    observer: TokenObserver
    observe_request: Callable[[str, int, float], None]
    count_event: Callable[[str], None]


def token_monitoring(
    app: Flask, settings: Settings, engine: Engine, background: BackgroundWorker
) -> TokenMonitoring:
    """Return the observers; add ``/metrics`` to the application if a metrics token is set."""
    recorder = UsageRecorder(
        lambda counts: write_usage(engine, counts), SystemClock(), background.notify
    )
    background.add(PeriodicTask("usage", recorder.flush, settings.usage_flush_interval))
    token = settings.metrics_token.get_secret_value()
    if not token:
        return TokenMonitoring(recorder, lambda *_: None, lambda _: None)
    # prometheus_client reads its directory at import; a start without metrics skips the import.
    from broker.observability.metrics import Metrics  # noqa: PLC0415

    metrics = Metrics()
    metrics.watch_requests(app)
    metrics.watch_pool(engine, settings.threads)
    age_limit = settings.key_period + settings.key_retirement if settings.key_period else None
    app.register_blueprint(metrics.endpoint(token, lambda: take_census(engine), age_limit))
    return TokenMonitoring(
        Observers([recorder, metrics]), metrics.observe_request, metrics.count_event
    )
