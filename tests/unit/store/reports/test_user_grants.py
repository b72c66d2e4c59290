"""Applications that get grants for users only by an upgrade (D-60)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from broker.store.reports.user_grants import applications_with_user_grants
from broker.store.tables.core import client, service_instance
from tests.support.instances import START

if TYPE_CHECKING:
    from tests.support.domain import Domain

ROLES = {"role-templates": [{"name": "Viewer"}]}
NAMED = {"oauth2-configuration": {"grant-types": ["client_credentials"]}}


def found(domain: Domain, **columns: Any) -> list[str]:
    """Return the applications after these columns were written by an older version."""
    with domain.engine.begin() as connection:
        connection.execute(update(client).values(**columns))
    return list(applications_with_user_grants(domain.engine))


@pytest.mark.parametrize(
    ("parts", "are_found"),
    [(ROLES, True), ({**ROLES, **NAMED}, False), ({}, False)],
)
def test_an_unfilled_client_is_judged_by_its_descriptor(
    on_sqlite: Domain, parts: dict[str, Any], *, are_found: bool
) -> None:
    on_sqlite.provision("i", {"xsappname": "app", **parts})
    assert found(on_sqlite, grant_types=None) == (["app!t1"] if are_found else [])


@pytest.mark.parametrize(
    ("columns", "are_found"),
    [
        ({"grant_types": "password", "grant_types_filled_at": START}, True),
        ({"grant_types": "client_credentials", "grant_types_filled_at": START}, False),
        ({"grant_types": "password", "grant_types_filled_at": None}, False),
    ],
)
def test_a_filled_client_is_judged_by_the_filled_grant_types(
    on_sqlite: Domain, columns: dict[str, Any], *, are_found: bool
) -> None:
    on_sqlite.provision("i", {"xsappname": "app", **ROLES})
    assert found(on_sqlite, **columns) == (["app!t1"] if are_found else [])


def test_a_descriptor_that_cannot_be_read_names_no_grants(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "app"})
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(service_instance).values(parameters="{damaged"))
    filled = {"grant_types": "password", "grant_types_filled_at": START}
    assert found(on_sqlite, **filled) == ["app!t1"]
