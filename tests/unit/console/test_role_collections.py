"""Role collections that administrators create, change and delete on pages (I-150)."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from broker.audit.event import Action
from broker.audit.search import AuditFilter
from broker.authorization.collections.built_in import built_in_application
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.compact_json import compact_json
from broker.console.role_collections import own
from broker.store.reports.audit_trail import audit_events
from tests.support.console_world import ConsoleWorld
from tests.support.passwords import PASSWORD
from tests.support.rights import assign, map_

if TYPE_CHECKING:
    from broker.authorization.collections.model import CollectionDetails
    from tests.support.domain import Domain
    from tests.support.visitors import Reply, Visitor

NAME = "Sales & <b>service</b>"


@pytest.fixture
def world(on_sqlite: Domain) -> ConsoleWorld:
    """A console: the services are tested on both kinds of database."""
    return ConsoleWorld(on_sqlite)


def send(world: ConsoleWorld, visitor: Visitor, path: str, **fields: str) -> Reply:
    """Open the page below the list of role collections, and send its form."""
    page = opened(world, visitor, path)
    form = next(
        each for each in page.forms if each.method == "post" and "logout" not in each.action
    )
    return visitor.post(form.action, {**form.fields, **fields})


def opened(world: ConsoleWorld, visitor: Visitor, path: str = "") -> Reply:
    page = visitor.send("GET", f"/console/zones/{world.zone.guid}/role-collections{path}")
    assert page.status == 200, page.text
    return page


def found(world: ConsoleWorld) -> dict[str, CollectionDetails]:
    every = ZoneCollections(world.domain.transactions).all(world.zone.guid)
    return {each.collection.name: each for each in every if not each.collection.is_read_only}


def role(world: ConsoleWorld) -> str:
    return compact_json([world.app_id, "Reader", "Reader"]).decode()


def test_from_creation_to_deletion(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    links = opened(world, visitor).links
    [new] = [each for each in links if each.endswith("/role-collections/new")]
    assert visitor.send("GET", new).status == 200
    created = send(world, visitor, "/new", name=f" {NAME} ", description="First\r\nsecond")
    assert created.query == {"name": NAME, "done": "role_collections_created"}
    one = visitor.send("GET", created.headers["Location"])
    assert "The role collection contains no role." in one.text
    assert found(world)[NAME].collection.description == "First\nsecond"
    by_name = {each.rpartition("/")[2].partition("?")[0]: each for each in one.links}
    assert {"add-role", "describe", "delete"} <= set(by_name)
    query = by_name["add-role"].partition("?")[2]
    added = send(world, visitor, f"/one/add-role?{query}", role=role(world))
    assert added.query["done"] == "role_collections_role_added"
    assert [each.template for each in found(world)[NAME].roles] == ["Reader"]
    described = send(world, visitor, f"/one/describe?{query}", description=" Another ")
    assert described.query["done"] == "role_collections_described"
    assert found(world)[NAME].collection.description == "Another"
    one = visitor.send("GET", described.headers["Location"])
    [remove] = [each for each in one.links if "/one/remove-role?" in each]
    path = remove.partition("role-collections")[2]
    removed = send(world, visitor, path)
    assert removed.query["done"] == "role_collections_role_removed"
    assert list(found(world)[NAME].roles) == []
    assign(world.domain, world.people["nobody"], NAME)
    map_(world.domain, world.people["nobody"], NAME, "Groups", "sales")
    shown = opened(world, visitor, f"/one/delete?{query}").text
    assert re.findall(r"<dt>(\w+)</dt><dd>(\d)</dd>", shown) == [("Users", "1"), ("Mappings", "1")]
    wrong = send(world, visitor, f"/one/delete?{query}", confirm="Sales")
    assert (wrong.status, "The name does not match." in wrong.text) == (400, True)
    assert NAME in found(world)
    deleted = send(world, visitor, f"/one/delete?{query}", confirm=NAME)
    assert deleted.location == f"/console/zones/{world.zone.guid}/role-collections"
    assert found(world) == {}
    events = audit_events(world.domain.engine, AuditFilter(), None)
    actions = [each.action for each in events if "role-collection" in each.action]
    assert set(actions) == {
        Action.CREATE_ROLE_COLLECTION,
        Action.CHANGE_ROLE_COLLECTION,
        Action.DELETE_ROLE_COLLECTION,
    }
    admin = world.people["admin"].user_id
    assert {each.actor.id for each in events if each.action in actions} == {admin}


@pytest.mark.parametrize(
    ("name", "status", "part"),
    [
        ("", 400, "1 to 64 printable characters"),
        ("x" * 65, 400, "at most 64"),
        ("a\0b", 400, "1 to 64 printable characters"),
        ("APP readers", 409, "already exists"),
        ("subaccount administrator", 409, "already exists"),
    ],
)
def test_refused_names(world: ConsoleWorld, name: str, status: int, part: str) -> None:
    """I-162: the form stays with what was typed."""
    reply = send(world, world.enter("admin"), "/new", name=name, description="kept text")
    assert (reply.status, part in reply.text, "kept text" in reply.text) == (status, True, True)
    assert found(world) == {}


def test_declared_ones_are_read_only(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    one = opened(world, visitor, "/one?name=app+readers")
    assert [each for each in one.links if "/describe" in each or "/delete" in each] == []
    assert "/add-role" not in one.text
    assert "/remove-role" not in one.text
    token = one.form("/console/logout").fields["csrf"]
    for path, fields in (
        ("describe?name=app+readers", {"description": "x"}),
        ("add-role?name=app+readers", {"role": role(world)}),
        ("delete?name=app+readers", {"confirm": "app readers"}),
        (
            f"remove-role?name=app+readers&app={world.app_id}&template=Reader&role=Reader",
            {},
        ),
    ):
        page = opened(world, visitor, f"/one/{path}")
        assert "only its descriptor changes it" in page.text
        url = f"/console/zones/{world.zone.guid}/role-collections/one/{path}"
        reply = visitor.post(url, {"csrf": token, **fields})
        assert (reply.status, 'role="alert"' in reply.text) == (403, True), path
    assert opened(world, visitor, "/one?name=app+readers").status == 200


@pytest.mark.parametrize(
    "value",
    ["", "x", "[]", "[1,2,3]", '["a","b"]', "[" * 3000, '["a","b","c"]', '["\\ud800","","\0"]'],
)
def test_unknown_roles(world: ConsoleWorld, value: str) -> None:
    visitor, name = world.enter("admin"), world.custom
    reply = send(world, visitor, f"/one/add-role?name={name}", role=value)
    assert reply.status in {400, 404}
    assert [each.template for each in found(world)[name].roles] == ["Reader"]


def test_roles_are_searched(world: ConsoleWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, path = world.enter("admin"), f"/one/add-role?name={world.custom}"
    assert f"{world.app_id}</option>" in opened(world, visitor, path).text
    assert "No role matches." in opened(world, visitor, f"{path}&q=nothing").text
    assert "No role matches." in opened(world, visitor, f"{path}&q=%00").text
    assert f"{world.app_id}</option>" in opened(world, visitor, f"{path}&q=READER").text
    assert "The list goes on." not in opened(world, visitor, path).text
    monkeypatch.setattr(own, "_MAX_ROLES", 1)
    assert "The list goes on." in opened(world, visitor, path).text


def test_built_in_roles_demand_a_recent_logon(world: ConsoleWorld) -> None:
    """I-86, D-47: holders of the collection would become administrators."""
    visitor, path = world.enter("admin"), f"/one/add-role?name={world.custom}"
    app_id = built_in_application(world.zone).app_id
    text = opened(world, visitor, f"{path}&q={app_id}").text
    [built_in, *_] = [html.unescape(each) for each in re.findall('<option value="(.+?)"', text)]
    world.domain.clock.advance(minutes=6)
    page = send(world, visitor, path, role=built_in)
    assert page.is_login_page
    assert len(found(world)[world.custom].roles) == 1
    visitor.log_in(page, "admin", PASSWORD)
    assert send(world, visitor, path, role=built_in).status == 303
    assert len(found(world)[world.custom].roles) == 2


def test_other_zones_are_out_of_reach(world: ConsoleWorld) -> None:
    name, stranger = world.custom, world.enter("stranger")
    token = stranger.get("/console").form("/console/logout").fields["csrf"]
    url = f"/console/zones/{world.zone.guid}/role-collections/one/delete?name={name}"
    assert stranger.post(url, {"csrf": token, "confirm": name}).status == 404
    own_url = url.replace(world.zone.guid, world.foreign_zone.guid)
    assert stranger.post(own_url, {"csrf": token, "confirm": name}).status == 404
    assert name in found(world)
