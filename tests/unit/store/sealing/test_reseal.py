"""Certificate digests are renewed with new data keys like those of secrets (D-12, D-13)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import update

from broker.errors import IntegrityViolated
from broker.store.reports.consistency import find_problems
from broker.store.sealing.data_keys import Purpose
from broker.store.sealing.key_maintenance import retire, rotate
from broker.store.sealing.reseal import Reseal
from broker.store.tables.core import credential
from tests.support.domain import OPERATOR, Domain, FakeClock
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DESCRIPTOR = {"xsappname": "app", "oauth2-configuration": {"credential-types": ["x509"]}}
CLIENT = "sb-app!t1"


@pytest.fixture
def certificates() -> list[bytes]:
    """The DER that clients present; filled by the fixture ``domain``."""
    return []


@pytest.fixture
def domain(migrated_url: str, tmp_path: Path, certificates: list[bytes]) -> Iterator[Domain]:
    """A domain with a managed certificate, and a self-managed one found by its names."""
    before = FakeClock().now() - timedelta(days=1)
    authority = an_authority(not_before=before)
    (tmp_path / "trusted.pem").write_text(authority.pem)
    opened = Domain(migrated_url, trusted_ca_file=tmp_path / "trusted.pem")
    opened.provision("i", DESCRIPTOR)
    managed = opened.bind("i", "b")["certificate"].encode()
    own = a_client(authority, not_before=before)
    opened.bind("i", "c", {"x509": {"certificate": own.chain, "certificate-pinning": False}})
    certificates += [x509.load_pem_x509_certificate(managed).public_bytes(Encoding.DER), own.der]
    yield opened
    opened.close()


def reseal(domain: Domain) -> int:
    return Reseal(domain.engine, domain.keys)(OPERATOR, lambda _: None).digests


def test_certificates_release_a_retired_key(domain: Domain, certificates: list[bytes]) -> None:
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    assert reseal(domain) == 2
    assert reseal(domain) == 0
    assert retire(domain.engine, timedelta(), OPERATOR) == (1, [])
    domain.keys.load()
    assert [domain.refusal(CLIENT, der) for der in certificates] == [None, None]


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        ("lookup", "the owner or the digest of credential [0-9]+ .x509. was changed"),
        ("issuer_path", ".x509. does not match its certificate"),
        ("digest", "the owner or the digest of credential [0-9]+ .x509. was changed"),
    ],
)
def test_a_manipulated_row_is_never_redigested(domain: Domain, column: str, problem: str) -> None:
    value = bytes(32) if column == "digest" else "forged"
    with domain.engine.begin() as connection:
        by_names = credential.c.issuer_path.is_not(None)
        connection.execute(update(credential).where(by_names).values({column: value}))
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    with pytest.raises(IntegrityViolated, match=problem):
        reseal(domain)
    [finding] = find_problems(domain.engine, domain.keys)
    assert re.search(problem, finding.problem)
