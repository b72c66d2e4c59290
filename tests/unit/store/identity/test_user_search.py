"""Search for users of a zone, page by page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite

from broker.identity.user import Snapshot
from broker.identity.users.search import USER_ATTRIBUTES, UserQuery
from broker.ids import new_row_id
from broker.search.condition import Selection
from broker.search.filter import parse_filter
from broker.store.database.pages import page_ids
from broker.store.identity.user_search import USERS
from broker.store.identity.users import changeable
from broker.store.tables.identity import shadow_user
from tests.support.users import NOW, a_user, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


def found(domain: Domain, zone: Zone, query: UserQuery) -> list[str]:
    page = domain.transactions.read(lambda store: store.user_search.page(zone, query))
    return [f"{each.origin}/{each.name}" for each in page]


def test_users_are_found_by_parts_of_name_and_address(domain: Domain) -> None:
    """I-11; wildcards of SQL match only themselves."""
    zone = domain.provision("i").instance.client.zone
    other = domain.provision("j", organization_guid="other").instance.client.zone
    stored_user(domain, zone, "Änna_1", email="Anna@Example.org")
    stored_user(domain, zone, "berta", email="b@example.com", origin="corp")
    stored_user(domain, zone, "änna-2")
    stored_user(domain, other, "änna")
    everyone = ["corp/berta", "sap.default/änna-2", "sap.default/Änna_1"]
    assert sorted(found(domain, zone, UserQuery())) == sorted(everyone)
    assert sorted(found(domain, zone, UserQuery(name="ÄNN"))) == sorted(everyone[1:])
    assert found(domain, zone, UserQuery(name="_")) == ["sap.default/Änna_1"]
    assert found(domain, zone, UserQuery(name="%")) == []
    assert found(domain, zone, UserQuery(email="EXAMPLE.ORG")) == ["sap.default/Änna_1"]
    assert found(domain, zone, UserQuery(origin="corp", name="e")) == ["corp/berta"]
    assert found(domain, zone, UserQuery(name="') OR 1=1 --")) == []


def test_pages_continue_after_a_user(domain: Domain) -> None:
    zone = domain.provision("i").instance.client.zone
    for origin in ("corp", "sap.default"):
        for name in ("a", "B", "c"):
            stored_user(domain, zone, name, origin=origin)
    assert found(domain, zone, UserQuery(limit=2)) == ["corp/a", "corp/B"]
    after = UserQuery(after=("corp", "b"), limit=2)
    assert found(domain, zone, after) == ["corp/c", "sap.default/a"]


def test_lists_contain_no_snapshots(domain: Domain) -> None:
    zone = zone_of(domain)
    stored_user(domain, zone, snapshot=Snapshot(("group",), {}, NOW), last_logon_at=NOW)
    page = domain.transactions.read(
        lambda store: store.user_search.select(zone, Selection("meta.created"))
    )
    assert [(each.name, each.snapshot, each.last_logon_at) for each in page.items] == [
        ("anna", None, NOW)
    ]


@pytest.fixture
def crowded(domain: Domain) -> Zone:
    """A zone with so many users that reading all of them costs more than an index."""
    zone = zone_of(domain)
    with domain.engine.begin() as connection:
        connection.execute(
            insert(shadow_user),
            [
                {
                    "id": new_row_id(),
                    "zone_row_id": zone.row_id,
                    "user_id": str(uuid4()),
                    "origin": "corp",
                    "created_at": NOW,
                    "token_epoch": 1,
                    "roles_epoch": 1,
                    **changeable(
                        a_user(name=f"n{each}", external_id=f"x{each}", email=f"e{each}@x.org")
                    ),
                }
                for each in range(3000)
            ],
        )
        connection.exec_driver_sql("ANALYZE shadow_user")
    # Connections that are open already keep the former statistics on SQLite.
    domain.engine.dispose()
    return zone


UNIQUE_ID, UNIQUE_NAME = "sqlite_autoindex_shadow_user_1", "sqlite_autoindex_shadow_user_3"


@pytest.mark.parametrize(
    ("filter_", "indexes"),
    [
        ('id eq "{guid}"', {"ix_shadow_user_user_id", UNIQUE_ID}),
        ('id sw "{guid}"', {"ix_shadow_user_user_id", UNIQUE_ID}),
        ('userName eq "n1"', {"ix_shadow_user_name"}),
        ('userName sw "n123"', {"ix_shadow_user_name"}),
        ('userName eq "n1" and origin eq "corp"', {"ix_shadow_user_name", UNIQUE_NAME}),
        ('userName eq "n1" or userName eq "n2"', {"ix_shadow_user_name"}),
        ('externalId eq "x1"', {"ix_shadow_user_external"}),
        ('externalId sw "x123"', {"ix_shadow_user_external"}),
        ('emails.value eq "E1@x.org"', {"ix_shadow_user_email"}),
        ('emails.value sw "E123"', {"ix_shadow_user_email"}),
        (None, {"ix_shadow_user_created"}),
    ],
)
def test_filters_by_whole_values_and_prefixes_read_an_index(
    domain: Domain, crowded: Zone, filter_: str | None, indexes: set[str]
) -> None:
    filter_ = filter_ and filter_.replace("{guid}", str(uuid4()))
    condition = filter_ and parse_filter(filter_, USER_ATTRIBUTES)
    selection = Selection("meta.created", condition or None)
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[domain.engine.dialect.name].dialect()
    compiled = page_ids(USERS, crowded, selection).compile(
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
    with domain.engine.connect() as connection:
        plan = " ".join(
            str(row[-1])
            for row in connection.exec_driver_sql(f"{explain} {compiled}".replace("%", "%%"))
        )
    assert indexes & set(re.findall(r"\w+", plan)), plan
    assert not re.search(r"SCAN shadow_user$|Seq Scan on shadow_user", plan), plan
