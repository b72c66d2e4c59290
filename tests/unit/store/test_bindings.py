"""Bindings in the database: payloads sealed, private keys purged (D-06, D-12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.instances.inventory import TypeOfBinding
from broker.instances.model import BindingSummary
from broker.store.tables.core import service_binding
from tests.support.instances import START, a_binding

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.instances.model import Binding
    from broker.store.bindings import BindingTable
    from tests.support.domain import Domain

HOUR = timedelta(hours=1)


@pytest.fixture
def provisioned(on_sqlite: Domain) -> Domain:
    """A database with two instances."""
    for name in ("i", "j"):
        on_sqlite.provision(name, {"xsappname": name})
    return on_sqlite


def run(domain: Domain, work: Callable[[BindingTable], Any]) -> Any:
    return domain.transactions.run(lambda found: work(found.bindings))


def stored(domain: Domain, number: int = 1, **changes: Any) -> Binding:
    instance = domain.instance("i")
    fields = {"row_id": number, "instance_row_id": instance.row_id, "binding_id": f"b{number}"}
    payload = {"clientid": instance.client.client_id, **changes.pop("payload", {})}
    binding = a_binding(**(fields | changes), payload=payload)
    run(domain, lambda table: table.add(instance, binding))
    return binding


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "app_guid": "app",
            "predecessor_id": "b0",
            "parameters": {"hide-secret": "true"},
            "payload": {"clientsecret": "s", "text": "ü\x00\ud800"},
            "credential_type": "a-type-of-a-newer-version",
            "expires_at": START + HOUR,
            "private_key_until": START + HOUR,
        },
    ],
)
def test_added_bindings_are_found_in_their_instance_only(
    provisioned: Domain, changes: dict[str, Any]
) -> None:
    added = stored(provisioned, **changes)
    mine, other = provisioned.instance("i"), provisioned.instance("j")
    assert run(provisioned, lambda table: table.find(mine, "b1")) == added
    assert run(provisioned, lambda table: table.find(other, "b1")) is None
    assert run(provisioned, lambda table: table.find(mine, "B1")) is None


def test_a_payload_is_stored_sealed(provisioned: Domain) -> None:
    stored(provisioned, payload={"clientsecret": "in-clear"})
    with provisioned.engine.connect() as connection:
        [row] = connection.execute(select(service_binding)).all()
    assert b"in-clear" not in row.sealed_payload
    assert "in-clear" not in repr(row)


def test_bindings_are_counted_and_listed_the_oldest_first(provisioned: Domain) -> None:
    stored(provisioned, 1, created_at=START + HOUR, credential_type="x509")
    stored(provisioned, 2)
    mine, other = provisioned.instance("i"), provisioned.instance("j")
    assert run(provisioned, lambda table: table.summaries(mine)) == [
        BindingSummary("b2", "binding-secret", None),
        BindingSummary("b1", "x509", None),
    ]
    assert run(provisioned, lambda table: (table.count(mine), table.count(other))) == (2, 0)


def test_the_types_of_a_zone_are_limited_and_those_of_no_other(provisioned: Domain) -> None:
    for number in (1, 2, 3):
        stored(provisioned, number, credential_type="x509")
    client = provisioned.instance("i").client
    expected = [TypeOfBinding("i", client.app_id, f"b{number}", "x509") for number in (1, 2, 3)]
    zone, other = client.zone, replace(client.zone, row_id=client.zone.row_id + 1)
    assert run(provisioned, lambda table: table.types_of_zone(zone, 9)) == expected
    assert run(provisioned, lambda table: table.types_of_zone(zone, 2)) == expected[:2]
    assert run(provisioned, lambda table: table.types_of_zone(other, 9)) == []


def test_a_removed_binding_is_gone(provisioned: Domain) -> None:
    gone, kept = stored(provisioned, 1), stored(provisioned, 2)
    run(provisioned, lambda table: table.remove(gone))
    mine = provisioned.instance("i")
    left = run(provisioned, lambda table: table.summaries(mine))
    assert left == [BindingSummary("b2", "binding-secret", None)]
    assert run(provisioned, lambda table: table.find(mine, "b2")) == kept


def test_private_keys_are_purged_when_their_certificates_have_expired(provisioned: Domain) -> None:
    payload = {"key": "PRIVATE", "certificate": "PEM"}
    stored(provisioned, 1, payload=payload, private_key_until=START)
    stored(provisioned, 2, payload=payload, private_key_until=START + HOUR)
    stored(provisioned, 3, payload=payload)
    assert run(provisioned, lambda table: table.purge(START)) == 1
    assert run(provisioned, lambda table: table.purge(START)) == 0
    mine = provisioned.instance("i")
    found = run(provisioned, lambda table: [table.find(mine, f"b{number}") for number in (1, 2, 3)])
    assert ["key" in each.payload for each in found] == [False, True, True]
    assert found[0].payload == {"certificate": "PEM", "clientid": mine.client.client_id}
    assert found[0].private_key_until is None
