"""Release of a name reserved for a space: at once, and audited (D-30)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from broker.authorization.release_name import ReleaseName
from broker.errors import InvalidRequest
from broker.store.tables.core import audit_event
from tests.support.domain import OPERATOR, Domain


def released(domain: Domain) -> list[tuple[str, str]]:
    query = select(audit_event.c.actor_id, audit_event.c.subject_id).where(
        audit_event.c.action == "release-name"
    )
    with domain.engine.connect() as connection:
        return [(row.actor_id, row.subject_id) for row in connection.execute(query)]


def test_another_space_gets_the_name_after_its_release_only(on_sqlite: Domain) -> None:
    release = ReleaseName(on_sqlite.transactions, on_sqlite.clock)
    on_sqlite.provision("i", {"xsappname": "app"})
    on_sqlite.bind("i", "b")
    on_sqlite.deprovision("i")
    with pytest.raises(InvalidRequest) as refused:
        on_sqlite.provision("j", {"xsappname": "app"}, space_guid="other")
    assert [violation.path for violation in refused.value.violations] == ["xsappname"]
    assert release(OPERATOR, "app!t1")
    on_sqlite.provision("j", {"xsappname": "app"}, space_guid="other")
    assert released(on_sqlite) == [("operator", "app!t1")]


def test_a_name_that_is_not_kept_leaves_no_event(on_sqlite: Domain) -> None:
    release = ReleaseName(on_sqlite.transactions, on_sqlite.clock)
    on_sqlite.provision("i", {"xsappname": "app"})
    assert not release(OPERATOR, "app!t1")
    assert released(on_sqlite) == []
