"""Gauges of the certificate that is served, and of refused files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.observability.served_files import ServedFilesCollector
from broker.pki.server_certificate import publish_pair
from broker.pki.trust import publish_bundle
from broker.runtime import watched_files
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CA = an_authority()
SERVER = a_client(CA)


def samples() -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels.get("files", "")): sample.value
        for family in ServedFilesCollector().collect()
        for sample in family.samples
    }


def test_what_is_published_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_files, "_published", {})
    assert samples() == {}
    pair, bundle = tmp_path / "pair.pem", tmp_path / "trusted.pem"
    pair.write_text(SERVER.pem + SERVER.key_pem)
    bundle.write_text(CA.pem)
    publish_pair(pair, pair)
    published = publish_bundle(bundle)
    bundle.write_text("")
    published.refresh()
    assert samples() == {
        (
            "xsuaa_server_certificate_not_before_timestamp_seconds",
            "",
        ): SERVER.certificate.not_valid_before_utc.timestamp(),
        (
            "xsuaa_server_certificate_not_after_timestamp_seconds",
            "",
        ): SERVER.certificate.not_valid_after_utc.timestamp(),
        ("xsuaa_files_refused", "tls_certificate"): 0,
        ("xsuaa_files_refused", "trusted_ca"): 1,
    }
