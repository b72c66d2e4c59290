"""The composition of what watches the token service: counts of use, and metrics when wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.clock import SystemClock
from broker.oauth.observer import Observers, TokenObserver
from broker.store.census import take_census
from broker.store.usage import write_usage
from broker.usage import UsageRecorder

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Engine

    from broker.settings import Settings


def token_observer(app: Flask, settings: Settings, engine: Engine) -> TokenObserver:
    """Return what hears of every decision; add ``/metrics`` to the application if it is on."""
    recorder = UsageRecorder(
        lambda counts: write_usage(engine, counts), SystemClock(), settings.usage_flush_interval
    )
    observers: list[TokenObserver] = [recorder]
    if token := settings.metrics_token.get_secret_value():
        # Looks for its directory when it is imported, and costs a start without metrics nothing.
        from broker.metrics import Metrics  # noqa: PLC0415

        metrics = Metrics()
        metrics.watch_requests(app)
        metrics.watch_pool(engine, settings.threads)
        app.register_blueprint(metrics.endpoint(token, lambda: take_census(engine)))
        observers.append(metrics)
    return Observers(observers)
