"""What needs attention, on both databases: which rows are found, in which order, by which index."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, update

from broker.credentials.readiness import CertificateLife
from broker.lifecycle.overview.attention import (
    CredentialFinding,
    FindingPage,
    ReadAttention,
)
from broker.lifecycle.overview.migration import RECENTLY
from broker.lifecycle.overview.read import LATELY
from broker.store.reports.census import take_census
from broker.store.tables.core import credential
from tests.support import findings
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from broker.lifecycle.overview.attention import Found, FoundCredential
    from tests.support.domain import Domain

EXPIRING, UNUSED = CredentialFinding.EXPIRING, CredentialFinding.UNUSED
EVERYTHING = FindingPage(is_counted=True)


@pytest.fixture
def zone(domain: Domain) -> Zone:
    """The zone of instance ``i``, which accepts all types; ``j`` is in another zone."""
    findings.count_since(domain)
    domain.provision("i", findings.with_types({"xsappname": "i"}))
    domain.provision("j", findings.with_types({"xsappname": "j"}), organization_guid="other")
    return domain.instance("i").client.zone


def reading(domain: Domain) -> ReadAttention:
    return ReadAttention(domain.transactions, domain.clock)


def found(
    domain: Domain, zone: Zone | None, finding: CredentialFinding, page: FindingPage = EVERYTHING
) -> Found[FoundCredential]:
    return reading(domain).credentials(zone, finding, page).by_finding[finding]


def names(rows: Found[FoundCredential]) -> list[str | None]:
    return [each.binding_id for each in rows.rows]


def test_certificates_are_found_as_the_alerts_find_them(domain: Domain, zone: Zone) -> None:
    """In the order of their ends; those that expired long ago are found no more."""
    for left in (0.5, 0.34, 0.32, 0.11, 0.09, -0.1):
        findings.expiring(domain, "i", f"left {left}", left)
    findings.expiring(domain, "i", "long ago", -0.1 - RECENTLY / timedelta(days=10))
    findings.expiring(domain, "j", "foreign", 0.05)
    rows = found(domain, zone, EXPIRING)
    assert [(each.binding_id, each.life) for each in rows.rows] == [
        ("left -0.1", CertificateLife.EXPIRED),
        ("left 0.09", CertificateLife.TENTH),
        ("left 0.11", CertificateLife.THIRD),
        ("left 0.32", CertificateLife.THIRD),
    ]
    assert rows.total == 4
    assert {each.use.how for each in rows.rows} == {"managed"}
    everywhere = names(found(domain, None, EXPIRING))
    assert everywhere == ["left -0.1", "foreign", *names(rows)[1:]]
    descending = FindingPage(is_descending=True, offset=1, limit=2, is_counted=True)
    assert names(found(domain, zone, EXPIRING, descending)) == ["left 0.11", "left 0.09"]
    assert found(domain, zone, EXPIRING, descending).total == 4


def test_the_last_third_is_that_of_the_metrics(on_sqlite: Domain) -> None:
    """One decision: what an alert counts is what the list shows."""
    on_sqlite.clock.time = datetime.now(UTC)  # that of metrics
    on_sqlite.provision("i", findings.with_types({"xsappname": "i"}))
    for left in (0.9, 0.335, 0.33, 0.101, 0.099, 0.01, -0.01):
        findings.expiring(on_sqlite, "i", f"left {left}", left)
    counted = Counter(each.life for each in found(on_sqlite, None, EXPIRING).rows)
    shares = take_census(on_sqlite.engine).certificate_shares
    assert counted == {
        life: number for life, number in shares.items() if life != "a third and more"
    }
    assert counted == {"expired": 1, "under a tenth": 2, "under a third": 2}


def test_unused_credentials(domain: Domain, zone: Zone) -> None:
    """Those that were never used come first, then those whose last use is longer ago."""
    now, older = domain.clock.now(), LATELY + timedelta(seconds=1)
    for name in ("never", "once", "before", "lately", "at the limit"):
        findings.unused(domain, "i", name)
    for name, ago in (
        ("once", older),
        ("before", older * 2),
        ("lately", timedelta(days=1)),
        ("at the limit", LATELY),
    ):
        findings.use(domain, name, now - ago)
    domain.bind("i", "new")  # is younger than it would have to be unused
    findings.unused(domain, "j", "foreign")
    rows = found(domain, zone, UNUSED)
    assert names(rows) == ["never", "before", "once"]
    assert [each.use.used_at for each in rows.rows] == [None, now - older * 2, now - older]
    assert names(found(domain, zone, UNUSED, FindingPage(is_descending=True))) == [
        "once",
        "before",
        "never",
    ]
    assert set(names(found(domain, None, UNUSED))) == {"never", "before", "once", "foreign"}


def test_unused_credentials_are_accepted_ones(domain: Domain, zone: Zone) -> None:
    """Expired certificates and credentials of a type that is not listed harm nothing."""
    findings.unused(domain, "i", "own")
    domain.bind("i", "shared", {"credential-type": "instance-secret"})
    findings.expiring(domain, "i", "expired", -0.1)
    findings.set_times(domain, "expired", created_at=domain.clock.now() - findings.LONG_AGO)
    with domain.engine.begin() as connection:
        long_ago = domain.clock.now() - findings.LONG_AGO
        of_instance = credential.c.binding_row_id.is_(None)
        connection.execute(update(credential).where(of_instance).values(created_at=long_ago))
    assert set(names(found(domain, zone, UNUSED))) == {"own", None}
    domain.update("i", findings.with_types({"xsappname": "i"}, "x509", "instance-secret"))
    assert names(found(domain, zone, UNUSED)) == [None]
    domain.update("i", findings.with_types({"xsappname": "i"}, "x509"))
    assert names(found(domain, zone, UNUSED)) == []


def test_unused_is_known_only_after_long_enough(domain: Domain, zone: Zone) -> None:
    """As ``credentials report``: before, the use is unknown."""
    findings.unused(domain, "i", "never")
    findings.count_since(domain, LATELY - timedelta(seconds=1))
    since = domain.clock.now() - LATELY + timedelta(seconds=1)
    known = reading(domain).credentials(zone, UNUSED, EVERYTHING)
    assert (known.counted_since, names(known.by_finding[UNUSED])) == (since, [])
    domain.clock.advance(seconds=1)
    assert names(found(domain, zone, UNUSED)) == ["never"]


def test_failing_clients(domain: Domain, zone: Zone) -> None:
    """Counted by client and reason; ids that no client has belong to no zone."""
    own, foreign = (domain.instance(each).client.client_id for each in "ij")
    findings.refuse(domain, (own, "wrong secret", 2), (own, "wrong secret", 3), minutes_ago=9)
    findings.refuse(domain, (own, "the certificate has expired", 1), minutes_ago=7)
    findings.refuse(domain, (foreign, "wrong secret", 4), ("sb-none!t1", "wrong secret", 5))
    findings.refuse(domain, (own, "long ago", 1), minutes_ago=8 * 24 * 60)
    latest = FindingPage(is_descending=True)
    rows = reading(domain).failing(zone, latest)
    assert [(each.client_id, each.reason, each.attempts) for each in rows.rows] == [
        (own, "the certificate has expired", 1),
        (own, "wrong secret", 5),
    ]
    assert rows.total == 2
    assert {each.instance_id for each in rows.rows} == {"i"}
    assert rows.rows[1].last_at == domain.clock.now() - timedelta(minutes=9)
    everywhere = reading(domain).failing(None, FindingPage(by_name=True))
    assert [(each.client_id, each.app_id, each.attempts) for each in everywhere.rows] == [
        (own, domain.instance("i").client.app_id, 1),
        (own, domain.instance("i").client.app_id, 5),
        (foreign, domain.instance("j").client.app_id, 4),
        ("sb-none!t1", None, 5),
    ]
    searched = reading(domain).failing(None, FindingPage(search="none"))
    assert [each.client_id for each in searched.rows] == ["sb-none!t1"]


def test_unresolved_references(domain: Domain, zone: Zone) -> None:
    """As ``instances show`` states them: also those whose application was deleted."""
    domain.provision("target", {"xsappname": "target", "scopes": [{"name": "$XSAPPNAME.read"}]})
    findings.refer(domain, "wanting", "wanting", "target")
    findings.refer(domain, "k", "k", "missing")
    accepting = {"xsappname": "accepting", "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]}
    domain.provision("accepting", accepting)
    assert [each.instance_id for each in reading(domain).references(zone, EVERYTHING).rows] == ["k"]
    domain.deprovision("target")
    rows = reading(domain).references(zone, FindingPage(is_descending=True))
    assert [each.instance_id for each in rows.rows] == ["wanting", "k"]
    assert rows.total == 2
    unresolved = [each.reference for each in domain.references("wanting") if not each.target_app_id]
    assert [each.reference for each in rows.rows if each.instance_id == "wanting"] == unresolved
    foreign = domain.instance("j").client.zone
    assert reading(domain).references(foreign, EVERYTHING).rows == []
    assert reading(domain).references(None, FindingPage(search="want")).total == 1


def test_the_summary_takes_four_statements(domain: Domain, zone: Zone) -> None:
    for number in range(7):
        findings.expiring(domain, "i", f"expiring {number}", 0.01 * number)
        findings.unused(domain, "i", f"unused {number}")
    findings.refer(domain, "k", "k", "missing")
    applicant = findings.request(domain, "applicant", "applicant", "xs_user.read")
    findings.refuse(domain, ("sb-i", "wrong secret", 1))
    with statements_of(domain.engine) as statements:
        summary = reading(domain).summary(zone, 5)
    assert len([each for each in statements if "SELECT" in each]) == 4
    parts = summary.credentials.by_finding
    assert {each: (len(parts[each].rows), parts[each].total) for each in parts} == {
        EXPIRING: (5, 7),
        UNUSED: (5, 7),
    }
    assert [each.binding_id for each in parts[EXPIRING].rows][:2] == ["expiring 0", "expiring 1"]
    assert (summary.failing.total, summary.references.total) == (0, 1)
    assert [each.app_id for each in summary.approvals.rows] == [applicant]


@pytest.mark.parametrize("text", ["%", "_", "\x00", "\udcff", "x" * 300])
def test_texts_without_match(domain: Domain, zone: Zone, text: str) -> None:
    findings.expiring(domain, "i", "expiring")
    findings.refer(domain, "k", "k", "missing")
    page = FindingPage(search=text)
    assert found(domain, zone, EXPIRING, page).rows == []
    assert reading(domain).failing(zone, page).rows == []
    assert reading(domain).references(zone, page).rows == []


def test_a_zone_is_read_by_indexes(domain: Domain, zone: Zone) -> None:
    """No other zone's credentials, references or settings are read."""
    executed: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, text: str, given: Any, *_: object) -> None:
        executed.append((text, given))

    event.listen(domain.engine, "before_cursor_execute", note)
    reading(domain).summary(zone, 5)
    event.remove(domain.engine, "before_cursor_execute", note)
    is_postgresql = domain.engine.dialect.name == "postgresql"
    explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
    with domain.engine.begin() as connection:
        if is_postgresql:
            # Of a small table, reading everything is cheaper than an index.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plans = [
            " ".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {text}", given))
            for text, given in executed
            if "SELECT" in text
        ]
    assert len(plans) == 4
    read_whole = re.compile(
        r"SCAN (credential|application_reference|client|client_setting|service_instance)\b"
        r"|Seq Scan on (credential|application_reference|client|client_setting|service_instance)\b"
    )
    assert [plan for plan in plans if read_whole.search(plan)] == []
    if not is_postgresql:  # which chooses by the contents of the tables
        own = [plan for plan in plans if "refused_attempt" not in plan]
        assert [plan for plan in own if "ix_client_zone_row_id" not in plan] == []
