"""Gauges of the files that the supervisor publishes: expiry of the certificate, refused files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from broker.pki.server_certificate import served_period
from broker.runtime.watched_files import published_files

if TYPE_CHECKING:
    from collections.abc import Iterator


class ServedFilesCollector(Collector):
    """The same values in every worker; none without a supervisor."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        period = served_period()
        if period is not None:
            begin, until = period
            yield GaugeMetricFamily(
                "xsuaa_server_certificate_not_before_timestamp_seconds",
                "Unix time at which the certificate of the TLS listener begins.",
                begin.timestamp(),
            )
            yield GaugeMetricFamily(
                "xsuaa_server_certificate_not_after_timestamp_seconds",
                "Unix time at which the certificate of the TLS listener expires.",
                until.timestamp(),
            )
        refused = GaugeMetricFamily(
            "xsuaa_files_refused",
            "Whether changed files cannot be used, so that the previous ones stay in use.",
            labels=["files"],
        )
        for each in published_files():
            refused.add_metric([each.name], each.is_refused)
        yield refused
