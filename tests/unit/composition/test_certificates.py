"""Settings about certificates: checks at the start, and the issuing CA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.composition.certificates import (
    certificate_source,
    check_certificates,
    issuing_authorities,
    trust_of,
)
from broker.errors import ConfigurationError
from broker.oauth.clients.certificate import ForwardedCertificate, certificate_of_connection
from tests.support.pki import an_authority

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from broker.settings.model import Settings
    from tests.support.domain import Domain

CA = an_authority("Corporate")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Settings with the files of a CA."""
    (tmp_path / "ca.pem").write_text(CA.pem)
    (tmp_path / "ca.key").write_text(CA.key_pem)
    return {"XSUAA_CA_CERTIFICATE_FILE": "ca.pem", "XSUAA_CA_KEY_FILE": "ca.key"}


def test_the_operator_s_authority_issues_if_there_is_one(
    settings: Callable[..., Settings], files: dict[str, str]
) -> None:
    assert issuing_authorities(settings()).supplied is None
    supplied = issuing_authorities(settings(**files)).supplied
    assert supplied is not None
    assert supplied.certificate == CA.certificate


@pytest.mark.parametrize("broken", ["ca.pem", "ca.key"])
def test_unusable_files_are_named_before_anything_starts(
    settings: Callable[..., Settings], files: dict[str, str], tmp_path: Path, broken: str
) -> None:
    check_certificates(settings(**files))
    (tmp_path / broken).write_text("broken")
    with pytest.raises(ConfigurationError):
        check_certificates(settings(**files))


def test_the_file_of_trusted_authorities_is_checked_too(
    settings: Callable[..., Settings], tmp_path: Path, on_sqlite: Domain
) -> None:
    (tmp_path / "trusted.pem").write_text(CA.pem)
    found = settings(XSUAA_TRUSTED_CA_FILE="trusted.pem")
    check_certificates(found)
    assert trust_of(found, on_sqlite.engine).pem() == CA.pem
    assert trust_of(settings(XSUAA_TRUSTED_CA_FILE=""), on_sqlite.engine).pem() == ""
    with pytest.raises(ConfigurationError):
        check_certificates(settings(XSUAA_TRUSTED_CA_FILE="missing.pem"))


def test_certificates_come_from_the_connection_unless_a_proxy_forwards_them(
    settings: Callable[..., Settings],
) -> None:
    assert certificate_source(settings()) is certificate_of_connection
    forwarded = certificate_source(
        settings(XSUAA_FORWARDED_CERTIFICATE="gorouter", XSUAA_PROXY_SECRET="secret-of-the-proxy")
    )
    assert isinstance(forwarded, ForwardedCertificate)
    assert forwarded.secret == "secret-of-the-proxy"
    assert "secret-of-the-proxy" not in repr(forwarded)
