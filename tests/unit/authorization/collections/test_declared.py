"""Role collections of descriptors: never adopted, never changed while in use (D-40)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from broker.audit.event import Action
from broker.audit.search import AuditFilter
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping
from broker.authorization.collections.names import ADMINISTRATORS
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.declare import Declared
from broker.descriptor.parse import parse_with_notes
from broker.errors import AlreadyExists, ForbiddenChange, InvalidRequest
from broker.ids import new_row_id
from broker.store.reports.audit_trail import audit_events
from broker.store.tables.assignments import role_assignment, role_mapping
from broker.store.tables.core import client
from broker.store.tables.declared import role_collection
from tests.support.domain import OPERATOR
from tests.support.role_collections import assign, descriptor, unassign
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.instances.model import Instance
    from broker.store.repositories import Repositories
    from tests.support.domain import Domain

TAKEN = "Role Collection .* already exists in this subaccount"
IN_USE = "Cannot add or remove role-template-references from role collection if already in use"


def with_references(*references: str) -> dict[str, Any]:
    """Return a descriptor whose collection All has these references."""
    collection = {"name": "All", "role-template-references": list(references)}
    return descriptor("app") | {"role-collections": [collection]}


def assigned(domain: Domain, *, by_group: bool = False) -> User:
    """Provision an application whose collection All is in use; return the user."""
    zone = domain.provision("i", descriptor("app", "All")).instance.client.zone
    user = stored_user(domain, zone)
    if by_group:
        mapping = CollectionMapping("All", "corporate", "Groups", "staff")
        MapCollections(domain.transactions).map(OPERATOR, zone.guid, mapping)
    else:
        assign(domain, user, "All")
    return user


def count(domain: Domain, table: Any) -> int:
    with domain.engine.connect() as connection:
        return len(connection.execute(select(table.c.id)).all())


def row_id(domain: Domain, name: str = "All") -> int | None:
    with domain.engine.connect() as connection:
        query = select(role_collection.c.id).where(role_collection.c.name == name)
        return connection.execute(query).scalar()


@pytest.mark.parametrize("by_group", [False, True], ids=["user", "group"])
def test_an_update_keeps_collections_in_use(domain: Domain, *, by_group: bool) -> None:
    """I-151: the row and its assignments stay; a description may change."""
    assigned(domain, by_group=by_group)
    before = row_id(domain)
    changed = descriptor("app", "All", "More")
    changed["role-collections"][0]["description"] = "changed"
    domain.update("i", changed)
    assert row_id(domain) == before
    assert count(domain, role_assignment) + count(domain, role_mapping) == 1


@pytest.mark.parametrize("by_group", [False, True], ids=["user", "group"])
@pytest.mark.parametrize(
    "references",
    [
        [],
        ["$XSAPPNAME.Editor"],
        ["$XSAPPNAME.Viewer", "$XSAPPNAME.Editor"],
        ["$XSAPPNAME.Viewer", "$XSAPPNAME(application,b).Viewer"],
    ],
    ids=["none", "another", "more", "foreign"],
)
def test_references_of_a_collection_in_use_never_change(
    on_sqlite: Domain, references: list[str], *, by_group: bool
) -> None:
    """I-151: SAP's sentence; all or nothing, and force changes nothing about it (D-40)."""
    assigned(on_sqlite, by_group=by_group)
    before = on_sqlite.instance("i").parameters
    for force in ({}, {"force": True}):
        with pytest.raises(ForbiddenChange, match=IN_USE) as refused:
            on_sqlite.update("i", with_references(*references) | force)
    assert 'role collection "All"' in str(refused.value)
    assert on_sqlite.instance("i").parameters == before


def test_unused_collections_change_freely(on_sqlite: Domain) -> None:
    user = assigned(on_sqlite)
    unassign(on_sqlite, user, "All")
    on_sqlite.update("i", with_references("$XSAPPNAME.Editor"))
    on_sqlite.update("i", descriptor("app", "Other"))
    assert row_id(on_sqlite) is None


def test_a_collection_in_use_is_dropped_only_with_force(domain: Domain) -> None:
    """I-152: the refusal names the numbers; force ends the assignments and is not stored."""
    user = assigned(domain)
    mapping = CollectionMapping("All", "corporate", "groups", "staff")
    MapCollections(domain.transactions).map(OPERATOR, user.zone.guid, mapping)
    with pytest.raises(ForbiddenChange, match='"All" is assigned to 1 user and 1 mapping'):
        domain.update("i", descriptor("app", "Renamed"))
    with pytest.raises(ForbiddenChange, match=r"Dry run: .*1 user and 1 mapping"):
        domain.update("i", descriptor("app", "Renamed", **{"dry-run": True}))
    assert count(domain, role_assignment) == 1
    forced = descriptor("app", "Renamed", force=True)
    domain.update("i", forced | {"dry-run": True})
    assert count(domain, role_assignment) == 1
    notes = domain.update("i", forced)
    assert any("All, with 1 user and 1 mapping" in note for note in notes)
    assert count(domain, role_assignment) + count(domain, role_mapping) == 0
    assert "force" not in domain.instance("i").parameters
    [event] = audit_events(domain.engine, AuditFilter(action=Action.UPDATE, outcome="done"), 9)
    assert event.details["ended_assignments"] == event.details["ended_mappings"] == 1
    found = domain.transactions.read(lambda store: store.users.at(user.row_id))
    assert found is not None
    assert found.roles_epoch == user.roles_epoch + 2


def test_force_belongs_to_updates(on_sqlite: Domain) -> None:
    with pytest.raises(InvalidRequest, match="force: only an update"):
        on_sqlite.provision("i", descriptor("app", force=True))


@pytest.mark.parametrize(
    "name", ["All", "all", "ALL ", " All", "\uff21ll", "A\u217cl"], ids=["exact", *"12345"]
)
def test_no_descriptor_declares_a_name_that_resembles_another(on_sqlite: Domain, name: str) -> None:
    """TH-11, I-162, by another descriptor and by an administrator; in both orders."""
    zone = on_sqlite.provision("i", descriptor("app", "All")).instance.client.zone
    with pytest.raises(InvalidRequest, match=TAKEN) as refused:
        on_sqlite.provision("j", descriptor("other", "Mine", name))
    assert [each.path for each in refused.value.violations] == ["role-collections[1].name"]
    collections = ZoneCollections(on_sqlite.transactions)
    with pytest.raises((AlreadyExists, InvalidRequest)):
        collections.create(OPERATOR, zone.guid, name, None)
    on_sqlite.deprovision("i")
    collections.create(OPERATOR, zone.guid, "All", None)
    with pytest.raises(InvalidRequest, match=TAKEN):
        on_sqlite.provision("j", descriptor("other", name))
    on_sqlite.provision("elsewhere", descriptor("other", name), organization_guid="other-org")


@pytest.mark.parametrize("name", [ADMINISTRATORS, "subaccount administrator", "Subaccount Viewer "])
def test_built_in_names_are_reserved(on_sqlite: Domain, name: str) -> None:
    """TH-11, I-156."""
    with pytest.raises(InvalidRequest, match=TAKEN):
        on_sqlite.provision("i", descriptor("app", name))
    on_sqlite.provision("i", descriptor("app", "All"))
    with pytest.raises(InvalidRequest, match=TAKEN):
        on_sqlite.update("i", descriptor("app", "All", name))


def test_two_collections_of_a_descriptor_do_not_resemble_each_other(on_sqlite: Domain) -> None:
    """I-162; those that an older version accepted stay."""
    with pytest.raises(InvalidRequest, match="would be confused"):
        on_sqlite.provision("i", descriptor("app", "All", "all"))
    on_sqlite.provision("i", descriptor("app", "All"))
    with on_sqlite.engine.begin() as connection:
        owner = connection.execute(
            select(client.c.id, client.c.zone_row_id).where(client.c.app_id == "app!t1")
        ).one()
        connection.execute(
            insert(role_collection).values(
                id=new_row_id(), zone_row_id=owner[1], client_row_id=owner[0], name="all"
            )
        )
    on_sqlite.update("i", descriptor("app", "All", "all"))
    with pytest.raises(InvalidRequest, match=TAKEN):
        on_sqlite.provision("j", descriptor("other", "aLL"))


def test_65_characters_are_too_many(on_sqlite: Domain) -> None:
    with pytest.raises(InvalidRequest, match="64"):
        on_sqlite.provision("i", descriptor("app", "x" * 65))
    on_sqlite.provision("i", descriptor("app", "x" * 64))


def test_folded_names_fit_into_their_column(domain: Domain) -> None:
    """NFKC makes the character 18 times as long."""
    domain.provision("i", descriptor("app", "\ufdfa" * 64))
    assert row_id(domain, "\ufdfa" * 64)


def foreign(*collections: str) -> dict[str, Any]:
    """Return a descriptor whose collection contains the template of another application."""
    found = descriptor("app", *collections)
    for each in found["role-collections"]:
        each["role-template-references"].append("$XSAPPNAME(application,b).Viewer")
    return found


def target(domain: Domain) -> str | None:
    [found] = domain.references("i")
    return found.target_app_id


def test_a_waiting_reference_does_not_resolve_while_its_collection_is_in_use(
    domain: Domain,
) -> None:
    """D-40, TH-12: users do not get roles of an application that comes later."""
    zone = domain.provision("i", foreign("All")).instance.client.zone
    user = stored_user(domain, zone)
    assign(domain, user, "All")
    domain.provision("b", descriptor("b"))
    domain.update("b", descriptor("b"))
    domain.update("i", foreign("All"))
    assert target(domain) is None
    unassign(domain, user, "All")
    domain.update("i", foreign("All"))
    assert target(domain) == "b!t1"
    assign(domain, user, "All")
    domain.deprovision("b")
    domain.provision("b2", descriptor("b"))
    domain.update("i", foreign("All"))
    assert target(domain) is None


def test_an_older_version_deletes_no_collection_in_use(domain: Domain) -> None:
    """D-40: its statements fail, so that an update beside this version loses no assignment."""
    assigned(domain)
    for statement in (
        delete(role_collection).where(role_collection.c.name == "All"),
        delete(client).where(client.c.app_id == "app!t1"),
    ):
        with pytest.raises(IntegrityError), domain.engine.begin() as connection:
            connection.execute(statement)
    assert count(domain, role_assignment) == 1


def store_unchecked(
    domain: Domain, instance: Instance, declared: Declared, store: Repositories
) -> None:
    """Store the declarations as the completion of an instance does."""
    domain.declare.store(store, instance, declared)


def test_a_descriptor_of_an_older_version_changes_no_collection_in_use(
    on_sqlite: Domain,
) -> None:
    """An older version stores a descriptor without these checks; completing it keeps the use."""
    assigned(on_sqlite)
    for other in (descriptor("app"), with_references("$XSAPPNAME.Editor")):
        declared = Declared.of(parse_with_notes(other)[0])
        instance = on_sqlite.instance("i")
        on_sqlite.transactions.run(partial(store_unchecked, on_sqlite, instance, declared))
        found = ZoneCollections(on_sqlite.transactions).show("1", "All")
        assert [str(each) for each in found.roles] == ["Viewer (app!t1, Viewer)"]
        assert len(found.assignments) == 1


@pytest.mark.parametrize("by_group", [False, True], ids=["user", "group"])
def test_deprovisioning_ends_assignments_for_good(domain: Domain, *, by_group: bool) -> None:
    """Exercise 4 (A6, I-154, D-30): nothing comes back with a new instance of the same name."""
    user = assigned(domain, by_group=by_group)
    collections = ZoneCollections(domain.transactions)
    collections.create(OPERATOR, user.zone.guid, "Own", None)
    [viewer] = collections.show("1", "All").roles
    collections.add_roles(OPERATOR, "1", "Own", viewer)
    assign(domain, user, "Own")
    before = domain.transactions.read(lambda store: store.users.at(user.row_id))
    domain.deprovision("i")
    [event] = audit_events(domain.engine, AuditFilter(action=Action.DEPROVISION), 9)
    ended = event.details["ended_assignments"], event.details["ended_mappings"]
    assert ended == ((0, 1) if by_group else (1, 0))
    own = collections.show("1", "Own")
    assert own.roles == []
    assert [each.user_name for each in own.assignments] == ["anna"]
    domain.provision("i", descriptor("app", "All"))
    again = collections.show("1", "All")
    assert (again.assignments, again.mappings) == ([], [])
    assert collections.show("1", "Own").roles == []
    after = domain.transactions.read(lambda store: store.users.at(user.row_id))
    assert before is not None
    assert after is not None
    assert after.zone_roles_epoch > before.zone_roles_epoch
    assert (after.roles_epoch > before.roles_epoch) is not by_group


def test_a_template_that_is_gone_leaves_zone_collections(on_sqlite: Domain) -> None:
    """I-153: the collection stays, empty."""
    on_sqlite.provision("i", descriptor("app", "All"))
    collections = ZoneCollections(on_sqlite.transactions)
    collections.create(OPERATOR, "1", "Own", None)
    [viewer] = collections.show("1", "All").roles
    collections.add_roles(OPERATOR, "1", "Own", viewer)
    on_sqlite.update("i", {"xsappname": "app"})
    assert collections.show("1", "Own").roles == []
