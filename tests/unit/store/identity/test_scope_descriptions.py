"""Descriptions of scopes on the consent page (I-99)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from broker.store.database.columns import json_text
from broker.store.identity.scope_descriptions import StoredScopeDescriptions
from broker.store.tables.core import service_instance

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_own_scopes_are_described(domain: Domain) -> None:
    scopes = [
        {"name": "$XSAPPNAME.read", "description": "Read <b>orders</b>"},
        {"name": "$XSAPPNAME.write", "description": ""},
        {"name": "$XSAPPNAME.delete"},
    ]
    domain.provision("i", {"xsappname": "app", "scopes": scopes})
    domain.provision("j", {"xsappname": "other"})
    found = StoredScopeDescriptions(domain.engine)
    client, other = (domain.instance(each).client for each in ("i", "j"))
    assert found.of(client) == {"app!t1.read": "Read <b>orders</b>"}
    assert found.of(other) == {}


def test_scopes_of_others_are_not_described(on_sqlite: Domain) -> None:
    """A descriptor may mention scopes of the platform."""
    scopes = [
        {"name": name, "description": "Shows your name"}
        for name in ("uaa.user", "openid", "$XSAPPNAMES.read", "$XSAPPNAME(application,other).read")
    ]
    on_sqlite.provision("i", {"xsappname": "app"})
    client = on_sqlite.instance("i").client
    with on_sqlite.engine.begin() as connection:
        text = json_text({"scopes": scopes})
        connection.execute(update(service_instance).values(parameters=text))
    assert StoredScopeDescriptions(on_sqlite.engine).of(client) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scopes":7}', '{"scopes":[7,{"name":7}]}'])
def test_an_unreadable_descriptor_describes_nothing(on_sqlite: Domain, text: str) -> None:
    on_sqlite.provision("i", {"xsappname": "app"})
    client = on_sqlite.instance("i").client
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(service_instance).values(parameters=text))
    assert StoredScopeDescriptions(on_sqlite.engine).of(client) == {}
