"""All credentials for operators: client and expiry, never the values."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.store.reports.listing import CredentialListing
from tests.support.databases import migrated_copy
from tests.support.domain import Domain
from tests.support.instances import START
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPES = ["instance-secret", "binding-secret", "x509"]
DAY = timedelta(days=1)


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Domain]:
    """A database with a credential of every kind."""
    authority = an_authority(not_before=START - DAY)
    (tmp_path / "trusted.pem").write_text(authority.pem)
    domain = Domain(migrated_copy(tmp_path, None), trusted_ca_file=tmp_path / "trusted.pem")
    domain.provision("i", {"xsappname": "app", "oauth2-configuration": {"credential-types": TYPES}})
    domain.bind("i", "shared")
    domain.bind("i", "own", {"credential-type": "binding-secret"})
    domain.bind("i", "managed", {"credential-type": "x509", "x509": {"validity": 2}})
    for name, days, pinned in (("pinned", 10, True), ("renewed", 20, False)):
        holder = a_client(authority, name, not_before=START, days=days)
        x509 = {"certificate": holder.chain, "certificate-pinning": pinned}
        domain.bind("i", name, {"credential-type": "x509", "x509": x509})
    yield domain
    domain.close()


def test_each_has_its_binding_its_type_and_how_it_is_managed(listed: Domain) -> None:
    found = {each.binding_id: each for each in CredentialListing(listed.engine).all()}
    assert {name: (each.type, each.how) for name, each in found.items()} == {
        None: ("instance-secret", ""),
        "own": ("binding-secret", ""),
        "managed": ("x509", "managed"),
        "pinned": ("x509", "pinned"),
        "renewed": ("x509", "renewed in place"),
    }
    assert {each.instance_id for each in found.values()} == {"i"}
    assert {each.client_id for each in found.values()} == {"sb-app!t1"}
    assert found["managed"].expires_at == START + 2 * DAY
    assert found["own"].expires_at is None


@pytest.mark.parametrize(
    ("after", "before", "names"),
    [
        (None, 1, []),
        (None, 2, ["managed"]),
        (None, 30, ["managed", "pinned", "renewed"]),
        (2, 30, ["pinned", "renewed"]),
        (10, 10, []),
    ],
)
def test_certificates_that_end_are_listed_the_next_one_first(
    listed: Domain, after: int | None, before: int, names: list[str]
) -> None:
    found = CredentialListing(listed.engine).expiring(
        after=None if after is None else START + after * DAY, before=START + before * DAY
    )
    assert [each.binding_id for each in found] == names
