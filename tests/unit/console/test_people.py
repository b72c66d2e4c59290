"""What administrators do on the pages of users, role collections and providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from broker.audit.event import Action
from broker.audit.search import AuditFilter
from broker.authorization.collections.names import ADMINISTRATORS
from broker.store.reports.audit_trail import audit_events
from broker.store.tables.identity import identity_provider, shadow_user
from tests.support.passwords import PASSWORD
from tests.support.users import stored_provider, stored_user

if TYPE_CHECKING:
    from tests.support.console_world import ConsoleWorld
    from tests.support.visitors import Reply, Visitor


def send(world: ConsoleWorld, visitor: Visitor, path: str, **fields: str) -> Reply:
    """Open the page below the zone, and send its form to the same path."""
    url = f"/console/zones/{world.zone.guid}/{path}"
    page = visitor.send("GET", url)
    assert page.status == 200, page.text
    form = next(each for each in page.forms if each.action != "/console/logout")
    return visitor.post(form.action, {**form.fields, **fields})


def is_in(visitor: Visitor) -> bool:
    return "/console/logout" in [each.action for each in visitor.get("/console").forms]


def users(world: ConsoleWorld, collection: str) -> list[str]:
    found = world.domain.transactions.read(
        lambda store: store.assignments.of_collection(
            next(each for each in store.role_collections.all(world.zone) if each.name == collection)
        )
    )
    return [each.user_name for each in found]


def assigner(world: ConsoleWorld) -> str:
    """Return the id of the user who has assigned a role collection."""
    events = audit_events(world.domain.engine, AuditFilter(), None)
    [found] = {each.actor.id for each in events if each.action == Action.ASSIGN_ROLE_COLLECTION}
    return found


def test_a_role_collection_is_assigned_and_withdrawn(world: ConsoleWorld) -> None:
    visitor, user = world.enter("admin"), world.people["nobody"]
    reply = send(
        world,
        visitor,
        f"users/{user.user_id}/assign",
        collection="app readers",
        until="2031-01-31",
        note="Ticket 7",
    )
    assert (reply.status, reply.query) == (303, {"done": "users_assigned"})
    page = visitor.get(reply.location, **reply.query)
    assert "The role collection is assigned." in page.text
    assert "Ticket 7" in page.text
    assert "2031-01-31 23:59" in page.text
    assert assigner(world) == world.people["admin"].user_id
    reply = send(world, visitor, f"users/{user.user_id}/unassign?collection=app+readers")
    assert reply.query == {"done": "users_unassigned"}
    assert users(world, "app readers") == []


def test_refusals_show_the_form_again(world: ConsoleWorld) -> None:
    """The text of the domain is in the alert, and what was typed stays."""
    visitor, user = world.enter("admin"), world.people["nobody"]
    path = f"users/{user.user_id}/assign"
    unknown = send(world, visitor, path, collection="missing", note="Ticket 7")
    assert unknown.status == 404
    assert 'role="alert"' in unknown.text
    assert 'value="Ticket 7"' in unknown.text
    past = send(world, visitor, path, collection="app readers", until="2020-12-31")
    assert (past.status, "a later time" in past.text) == (400, True)
    for day in ("31.12.2030", "2030-02-31", "x" * 100):
        assert send(world, visitor, path, collection="app readers", until=day).status == 400


def test_the_last_administrator_stays(world: ConsoleWorld) -> None:
    """I-160."""
    visitor, admin = world.enter("admin"), world.people["admin"]
    path = f"users/{admin.user_id}/unassign?collection=Subaccount+Administrator"
    reply = send(world, visitor, path)
    assert (reply.status, "no administrator left" in reply.text) == (409, True)
    reply = send(world, visitor, f"users/{admin.user_id}/deactivate", confirm="admin")
    assert (reply.status, "last active administrator" in reply.text) == (409, True)
    assert users(world, ADMINISTRATORS) == ["admin"]


def test_a_user_is_deactivated_and_activated(world: ConsoleWorld) -> None:
    """I-09: after the typed name, with the end of the sessions."""
    visitor, other = world.enter("admin"), world.enter("auditor")
    user = world.people["auditor"]
    path = f"users/{user.user_id}/deactivate"
    for typed in ("", "Auditor", "auditor2"):
        wrong = send(world, visitor, path, confirm=typed)
        assert (wrong.status, "The name does not match." in wrong.text) == (400, True)
    assert other.get(f"/console/zones/{world.zone.guid}/users").status == 200
    assert send(world, visitor, path, confirm="auditor").query == {"done": "users_deactivated"}
    assert other.get("/console").is_login_page
    assert send(world, visitor, f"users/{user.user_id}/activate").status == 303
    assert world.log_in(world.logins.visitor(), "auditor", "/console").status == 303


def test_administrators_are_activated_after_a_recent_logon(world: ConsoleWorld) -> None:
    """I-86, D-47: other users need none."""
    visitor, holder = world.enter("admin"), world.people["auditor"]
    for user in (holder, world.user):
        assert send(world, visitor, f"users/{user.user_id}/deactivate", confirm=user.name).query
    world.domain.clock.advance(minutes=6)
    assert send(world, visitor, f"users/{world.user.user_id}/activate").status == 303
    path = f"users/{holder.user_id}/activate"
    page = send(world, visitor, path)
    assert page.is_login_page
    stored = world.domain.transactions.read(lambda store: store.users.at(holder.row_id))
    assert stored is not None
    assert not stored.is_active
    visitor.log_in(page, "admin", PASSWORD)
    assert send(world, visitor, path).query == {"done": "users_activated"}


def test_sessions_are_ended(world: ConsoleWorld) -> None:
    visitor, other = world.enter("admin"), world.enter("auditor")
    path = f"users/{world.people['auditor'].user_id}/end-sessions"
    reply = send(world, visitor, path, confirm="auditor")
    assert reply.query == {"done": "users_sessions_ended"}
    assert other.get("/console").is_login_page


def test_dangerous_actions_demand_a_recent_logon(world: ConsoleWorld) -> None:
    """I-86: the page, and a form from before, lead to a logon and back to the page."""
    visitor, user = world.enter("admin"), world.people["auditor"]
    url = f"/console/zones/{world.zone.guid}/users/{user.user_id}/deactivate"
    form = visitor.get(url).form(url)
    world.domain.clock.advance(minutes=6)
    page = visitor.post(url, {**form.fields, "confirm": "auditor"})
    assert page.is_login_page
    assert visitor.get(url).is_login_page
    assert visitor.get(f"/console/zones/{world.zone.guid}/users").status == 200
    reply = visitor.log_in(page, "admin", PASSWORD)
    assert (reply.status, reply.headers["Location"]) == (303, url)
    assert visitor.get(url).form(url).method == "post"
    assert world.domain.transactions.read(lambda store: store.users.at(user.row_id)) == user


def test_the_logon_of_another_user_is_none(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    url = f"/console/zones/{world.zone.guid}/users/{world.user.user_id}/deactivate"
    assert visitor.get(url).status == 200
    world.domain.clock.advance(minutes=6)
    reply = visitor.log_in(visitor.get(url), world.people["auditor"].name, PASSWORD)
    assert reply.headers["Location"] == url
    assert visitor.get(url).is_login_page


def test_users_and_mappings_of_a_role_collection(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    assert world.provider == "idp"
    reply = send(world, visitor, "role-collections/one/users?name=app+readers", user="nobody")
    assert reply.query == {"name": "app readers", "done": "role_collections_assigned"}
    assert users(world, "app readers") == ["nobody"]
    path = "role-collections/one/map?name=app+readers"
    local = send(world, visitor, path, origin="sap.default", value="x")
    assert (local.status, "another provider" in local.text) == (400, True)
    assert send(world, visitor, path, origin="idp", value="staff").status == 303
    shown = visitor.send("GET", reply.headers["Location"]).text
    assert "staff" in shown
    path = "role-collections/one/unmap?name=app+readers&origin=idp&attribute=Groups&value=staff"
    assert send(world, visitor, path).query["done"] == "role_collections_unmapped"
    assert "staff" not in visitor.send("GET", reply.headers["Location"]).text


def test_a_provider_is_deactivated(world: ConsoleWorld) -> None:
    visitor, origin = world.enter("admin"), world.provider
    path = f"identity-providers/{origin}/state"
    assert send(world, visitor, path, confirm="other").status == 400
    assert send(world, visitor, path, confirm=origin).query == {"done": "providers_deactivated"}
    with world.domain.engine.connect() as connection:
        row = connection.execute(identity_provider.select()).one()
    assert not row.is_active
    assert send(world, visitor, path, confirm=origin).query == {"done": "providers_activated"}


def test_commands_that_would_fail_are_not_offered(world: ConsoleWorld) -> None:
    """No logon is tested of users with passwords; a new user needs one."""
    stored_provider(world.domain, world.zone, "idp", "Provider")
    visitor, zone = world.enter("admin"), f"/console/zones/{world.zone.guid}"
    for origin, is_offered in (("sap.default", False), ("idp", True)):
        page = visitor.get(f"{zone}/identity-providers/{origin}").text
        assert ("xsuaa-broker providers test" in page) is is_offered
    assert "users add NAME --email ADDRESS --password-stdin" in visitor.get(f"{zone}/users").text


def test_a_form_sent_twice_does_not_undo_itself(world: ConsoleWorld) -> None:
    visitor, origin = world.enter("admin"), world.provider
    url = f"/console/zones/{world.zone.guid}/identity-providers/{origin}/state"
    form = visitor.get(url).form(url)
    for _ in range(2):
        reply = visitor.post(url, {**form.fields, "confirm": origin})
        assert reply.query == {"done": "providers_deactivated"}
    with world.domain.engine.connect() as connection:
        assert not connection.execute(identity_provider.select()).one().is_active
    wrong = visitor.post(url, {**form.fields, "confirm": origin, "action": "delete"})
    assert (wrong.status, "activate or deactivate" in wrong.text) == (400, True)


def test_operators_change_every_zone(world: ConsoleWorld) -> None:
    visitor = world.enter("operator")
    assert len(world.people) == 5
    reply = send(world, visitor, "role-collections/one/users?name=app+readers", user="nobody")
    assert reply.status == 303
    assert assigner(world) == world.people["operator"].user_id
    reply = send(
        world,
        visitor,
        "role-collections/one/users?name=Subaccount+Administrator",
        user="nobody",
    )
    assert reply.status == 303
    assert users(world, ADMINISTRATORS) == ["admin", "nobody"]


def test_search_pages_and_file_of_users(world: ConsoleWorld) -> None:
    """TH-22; however many users: 51 more are on two pages."""
    visitor, url = world.enter("admin"), f"/console/zones/{world.zone.guid}/users"
    for number in range(51):
        stored_user(world.domain, world.zone, f"user-{number:02}", email=f"u{number}@example.org")
    stored_user(world.domain, world.zone, "=1+1", is_active=False)
    page = visitor.get(url, q="USER-")
    assert ("user-49" in page.text, "user-50" in page.text) == (True, False)
    [following] = [each for each in page.links if "page=2" in each]
    assert "user-50" in visitor.send("GET", following.replace("&amp;", "&")).text
    assert "user-07" in visitor.get(url, q="u7@EXAMPLE").text
    for strange in ("%", "user\0", "x" * 3000):
        assert "No user matches." in visitor.get(url, q=strange).text
    page = visitor.get(url, q="user-", state="inactive", sort="name")
    assert page.text.count(">Clear</a>") == 1
    [everything] = {each for each in page.links if each.startswith(f"{url}?sort=name")} - {
        each for each in page.links if "q=" in each
    }
    assert everything == f"{url}?sort=name"
    assert ">Clear</a>" in visitor.get(url, state="inactive").text
    assert ">Clear</a>" not in visitor.get(url, sort="name").text
    inactive = visitor.get(url, state="inactive").text
    assert ("=1+1" in inactive, "user-01" in inactive) == (True, False)
    file = visitor.get(url, format="csv", q="")
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in file.headers["Content-Disposition"]
    assert '"\'=1+1"' in file.text
    assert file.text.count("\r\n") == 1 + 51 + 4
    assert visitor.get(url, sort="-name").text.index("user-50") > 0


def test_own_sessions(world: ConsoleWorld) -> None:
    visitor, second = world.enter("admin"), world.enter("admin")
    stranger = world.enter("auditor")
    assert stranger.get("/console").status == 200
    page = visitor.get("/console/account")
    [form] = [each for each in page.forms if "session" in each.fields]
    reply = stranger.post(
        "/console/account",
        {
            "session": form.fields["session"],
            "csrf": stranger.get("/console/account").forms[0].fields["csrf"],
        },
    )
    assert reply.query == {"done": "account_nothing_ended"}
    assert is_in(second)  # not the stranger's to end
    reply = visitor.post("/console/account", form.fields)
    assert reply.query == {"done": "account_session_ended"}
    assert second.get("/console").is_login_page
    assert is_in(visitor)
    again = visitor.post("/console/account", form.fields)
    assert "it had ended before" in visitor.get("/console/account", **again.query).text
    consent = {"csrf": form.fields["csrf"], "application": "7"}
    assert visitor.post("/console/account", consent).query == {"done": "account_nothing_ended"}
    wrong = visitor.post("/console/account", {**form.fields, "session": "x"})
    assert wrong.status == 400


def test_users_of_inactive_providers_are_marked(world: ConsoleWorld) -> None:
    assert world.provider
    user = stored_user(world.domain, world.zone, "remote", origin="idp")
    with world.domain.engine.begin() as connection:
        connection.execute(update(identity_provider).values(is_active=False))
        connection.execute(
            update(shadow_user).where(shadow_user.c.id == user.row_id).values(email="r@example.org")
        )
    page = world.enter("auditor").get(f"/console/zones/{world.zone.guid}/users/{user.user_id}")
    assert "provider inactive" in page.text
    assert "Deactivate" not in page.text


def test_rights_are_decided_before_a_logon_is_demanded(world: ConsoleWorld) -> None:
    visitor = world.enter("auditor")
    url = f"/console/zones/{world.zone.guid}/users/{world.user.user_id}/deactivate"
    world.domain.clock.advance(minutes=6)
    token = visitor.get("/console").form("/console/logout").fields["csrf"]
    for reply in (visitor.get(url), visitor.post(url, {"csrf": token, "confirm": "x"})):
        assert (reply.status, reply.is_login_page) == (403, False)
    stranger = world.enter("stranger")
    world.domain.clock.advance(minutes=6)
    assert stranger.get(url).status == 404


def test_administrators_are_made_after_a_recent_logon(world: ConsoleWorld) -> None:
    """I-86: other role collections need none."""
    visitor, user = world.enter("admin"), world.people["nobody"]
    path = f"users/{user.user_id}/assign"
    world.domain.clock.advance(minutes=6)
    assert send(world, visitor, path, collection="app readers").status == 303
    page = send(world, visitor, path, collection=ADMINISTRATORS)
    assert page.is_login_page
    assert users(world, ADMINISTRATORS) == ["admin"]
    url = f"/console/zones/{world.zone.guid}/{path}"
    reply = visitor.log_in(page, "admin", PASSWORD)
    assert reply.headers["Location"] == url
    assert send(world, visitor, path, collection=ADMINISTRATORS).status == 303
    world.domain.clock.advance(minutes=6)
    path = f"users/{user.user_id}/unassign?collection=Subaccount+Administrator"
    assert send(world, visitor, path).is_login_page
    path = "role-collections/one/users?name=Subaccount+Viewer"
    assert send(world, visitor, path, user="nobody").is_login_page
    path = "role-collections/one/map?name=Subaccount+Viewer"
    assert send(world, visitor, path, origin="idp", value="x").is_login_page
    assert users(world, ADMINISTRATORS) == ["admin", "nobody"]
