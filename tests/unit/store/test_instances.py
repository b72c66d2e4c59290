"""Service instances and their clients in the database, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from broker.authorization.grant_types import CLIENT_GRANTS
from broker.descriptor.model import CredentialType, TenantMode
from broker.identity.zone import ZoneKey
from broker.instances.plan import Plan
from broker.store.tables.core import client, service_instance
from tests.support.instances import START, an_instance, an_oauth_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.identity.zone import Zone
    from broker.instances.model import Instance
    from broker.store.instances import InstanceTable
    from tests.support.domain import Domain

LATER = START + timedelta(hours=1)


def run(domain: Domain, work: Callable[[InstanceTable], Any]) -> Any:
    return domain.transactions.run(lambda found: work(found.instances))


def a_zone(domain: Domain, name: str = "one") -> Zone:
    key = ZoneKey("default", name, name=name)
    return domain.transactions.run(lambda found: found.zones.find_or_create(key, START))


def stored(domain: Domain, number: int = 1, **changes: Any) -> Instance:
    """Insert an instance with its own name."""
    name = f"app{number}"
    oauth_client = an_oauth_client(
        row_id=100 + number,
        zone=a_zone(domain),
        app_id=f"{name}!t1",
        client_id=f"sb-{name}!t1",
        service_instance_guid=name,
    )
    fields = {"row_id": number, "instance_id": name, "client": oauth_client}
    instance = an_instance(**(fields | changes))
    run(domain, lambda table: table.add(instance))
    return instance


@pytest.mark.parametrize(
    ("of_instance", "of_client"),
    [
        ({}, {}),
        (
            {
                "plan": Plan.APIACCESS,
                "tenant_mode": TenantMode.SHARED,
                "organization_guid": None,
                "space_guid": None,
                "context": {"instance_name": "ü", "nested": {"a": [1, None, "\x00\ud800"]}},
                "parameters": {},
            },
            {
                "token_validity": 900,
                "accepts_grants": True,
                "authorities": ("app1!t1.read", "uaa.resource"),
                "grant_types": (),
                "credential_types": (CredentialType.X509, "a-type-of-a-newer-version"),
                "epoch": 7,
            },
        ),
    ],
)
def test_added_rows_are_found(
    on_sqlite: Domain, of_instance: dict[str, Any], of_client: dict[str, Any]
) -> None:
    added = stored(
        on_sqlite, **of_instance, client=an_oauth_client(zone=a_zone(on_sqlite), **of_client)
    )
    assert run(on_sqlite, lambda table: table.find("app1")) == added
    assert run(on_sqlite, lambda table: table.find("APP1")) is None


def test_a_change_writes_only_members_that_an_update_may_change(on_sqlite: Domain) -> None:
    added = stored(on_sqlite)
    changed = replace(
        added,
        parameters={"xsappname": "app", "description": "new"},
        context={"instance_name": "renamed"},
        updated_at=LATER,
        client=replace(added.client, epoch=2, token_validity=60, authorities=("a",)),
    )
    never = replace(changed, plan_id="other", platform="other", created_at=LATER, xsappname="b")
    run(on_sqlite, lambda table: table.change(never))
    assert run(on_sqlite, lambda table: table.find("app1")) == changed


@pytest.mark.parametrize("with_grant_types", [False, True])
def test_grant_types_are_written_on_request(on_sqlite: Domain, *, with_grant_types: bool) -> None:
    """D-60: read grant types may stand for NULL."""
    added = stored(on_sqlite)
    new = replace(added, client=replace(added.client, grant_types=("password",)))
    run(on_sqlite, lambda table: table.change(new, with_grant_types=with_grant_types))
    found = run(on_sqlite, lambda table: table.find("app1")).client.grant_types
    assert found == (("password",) if with_grant_types else ("client_credentials",))


def test_instances_are_counted_by_zone(on_sqlite: Domain) -> None:
    for number in (1, 2):
        stored(on_sqlite, number)
    own, other = a_zone(on_sqlite), a_zone(on_sqlite, "two")
    assert run(on_sqlite, lambda table: table.count(own)) == 2
    assert run(on_sqlite, lambda table: table.count(other)) == 0


def test_all_are_listed_the_oldest_first(on_sqlite: Domain) -> None:
    stored(on_sqlite, 1, created_at=LATER)
    stored(on_sqlite, 2)
    found = run(on_sqlite, lambda table: table.all())
    assert [each.instance_id for each in found] == ["app2", "app1"]


def test_an_application_id_is_taken_while_its_instance_exists(on_sqlite: Domain) -> None:
    added = stored(on_sqlite)
    assert run(on_sqlite, lambda table: table.app_id_taken("app1!t1"))
    assert not run(on_sqlite, lambda table: table.app_id_taken("app2!t1"))
    run(on_sqlite, lambda table: table.remove(added))
    assert not run(on_sqlite, lambda table: table.app_id_taken("app1!t1"))
    assert run(on_sqlite, lambda table: table.all()) == []


def test_clients_without_grant_types_are_filled_once(on_sqlite: Domain) -> None:
    for number in (1, 2):
        stored(on_sqlite, number)
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(client).values(grant_types=None))
        two = service_instance.c.id == 2
        connection.execute(update(service_instance).where(two).values(parameters="{damaged"))
    assert run(on_sqlite, lambda table: table.find("app1")).client.grant_types == CLIENT_GRANTS
    unfilled = run(on_sqlite, lambda table: table.without_grant_types(10))
    assert [(each.row_id, each.parameters) for each in unfilled] == [
        (101, {"xsappname": "app"}),
        (102, None),
    ]
    assert len(run(on_sqlite, lambda table: table.without_grant_types(1))) == 1
    run(on_sqlite, lambda table: table.fill_grant_types({101: ("password",)}, LATER))
    run(on_sqlite, lambda table: table.fill_grant_types({101: ("refresh_token",)}, LATER))
    assert run(on_sqlite, lambda table: table.find("app1")).client.grant_types == ("password",)
    with on_sqlite.engine.connect() as connection:
        filled_at = connection.execute(
            select(client.c.grant_types_filled_at)
            .where(client.c.service_instance_guid != "")
            .order_by(client.c.id)
        ).scalars()
        assert list(filled_at) == [LATER, None]


def test_instances_whose_declarations_are_older_than_their_client_are_incomplete(
    on_sqlite: Domain,
) -> None:
    for number in (1, 2, 3):
        stored(on_sqlite, number)
    assert run(on_sqlite, lambda table: table.incomplete(10)) == []
    with on_sqlite.engine.begin() as connection:
        by_older = client.c.id == 101
        connection.execute(update(client).where(by_older).values(declared_epoch=None))
        beside = client.c.id == 103
        connection.execute(update(client).where(beside).values(epoch=2))
    assert run(on_sqlite, lambda table: table.incomplete(10)) == ["app1", "app3"]
    assert run(on_sqlite, lambda table: table.incomplete(1)) == ["app1"]
    found = run(on_sqlite, lambda table: table.all())
    assert {each.instance_id: run(on_sqlite, partial(is_complete, each)) for each in found} == {
        "app1": False,
        "app2": True,
        "app3": False,
    }


def is_complete(instance: Instance, table: InstanceTable) -> bool:
    return table.is_complete(instance)
