"""Fetch: members returned to a platform, and the audit of reading credentials (D-07)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from broker.audit.actor import platform_actor
from broker.errors import BindingNotFound, InstanceNotFound
from broker.store.tables.core import audit_event
from tests.support.domain import CALLER, Domain

STRANGER = platform_actor("other")


def actions(domain: Domain) -> list[str]:
    with domain.engine.connect() as connection:
        found = connection.execute(select(audit_event.c.action).order_by(audit_event.c.at))
        return [row.action for row in found if row.action == "read-credentials"]


def test_only_reading_credentials_is_audited(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "app"})
    bound = on_sqlite.bind("i", "b")
    assert on_sqlite.fetch_.instance(CALLER, "i").instance_id == "i"
    assert on_sqlite.fetch_.binding(CALLER, "i", "b").binding_id == "b"
    assert actions(on_sqlite) == []
    binding, payload = on_sqlite.fetch_.credentials(CALLER, "i", "b")
    assert (binding.binding_id, payload) == ("b", bound)
    assert actions(on_sqlite) == ["read-credentials"]


def test_a_binding_without_its_instance_shows_no_instance_secret(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "app"})
    on_sqlite.bind("i", "b")
    assert "clientsecret" not in on_sqlite.fetch_.binding(CALLER, "i", "b").payload


@pytest.mark.parametrize(("instance", "binding"), [("i", "missing"), ("missing", "b")])
def test_missing_resources_are_indistinguishable(
    on_sqlite: Domain, instance: str, binding: str
) -> None:
    on_sqlite.provision("i", {"xsappname": "app"})
    on_sqlite.bind("i", "b")
    for caller in (CALLER, STRANGER):
        with pytest.raises(BindingNotFound):
            on_sqlite.fetch_.credentials(caller, instance, binding)
        with pytest.raises(BindingNotFound):
            on_sqlite.fetch_.binding(caller, instance, binding)


def test_another_platform_reads_nothing(on_sqlite: Domain) -> None:
    """D-35."""
    on_sqlite.provision("i", {"xsappname": "app"})
    on_sqlite.bind("i", "b")
    with pytest.raises(InstanceNotFound):
        on_sqlite.fetch_.instance(STRANGER, "i")
    with pytest.raises(BindingNotFound):
        on_sqlite.fetch_.credentials(STRANGER, "i", "b")
    assert actions(on_sqlite) == []
