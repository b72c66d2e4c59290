"""Role collections over the OSB API and the command line (D-40, I-150 to I-162)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from broker.store.database.engine import open_engine
from broker.store.identity.users import UserTable
from broker.store.zones import ZoneTable
from tests.support.platform import a_guid
from tests.support.role_collections import descriptor
from tests.support.users import a_user

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

USER = "anna"


def administered(server: Server, *arguments: str, zone: str, check: bool = True) -> Any:
    """Return the output of a command on role collections; of a failed one, the error text."""
    group = () if arguments[0] == "roles" else ("role-collections",)
    finished = server.command(*group, *arguments, "--zone", zone, check=check)
    if finished.returncode:
        assert finished.returncode == 1
        return finished.stderr
    return json.loads(finished.stdout) if "--json" in arguments else finished.stdout


def add_user(server: Server, zone: str) -> None:
    own = server.directory / "var" / "xsuaa.db"
    url = server.environment.get("XSUAA_DATABASE_URL") or f"sqlite:///{own}"
    engine = open_engine(url, connections=1, lock_timeout=30)
    with engine.begin() as connection:
        found = ZoneTable(connection, lambda _: None).named(zone)
        assert found is not None
        UserTable(connection).add(a_user(found, USER))
    engine.dispose()


def provisioned(platform: PlatformClient, *collections: str) -> tuple[str, str, str]:
    """Return name, instance and zone of a new application in a zone of its own."""
    name, instance, organization = f"app-{a_guid()}", a_guid(), a_guid()
    created = platform.provision(
        instance,
        descriptor(name, *collections),
        organization_guid=organization,
        context={"platform": "cloudfoundry", "organization_guid": organization},
    )
    assert created.status_code == 201, created.text
    return name, instance, organization


def test_a_descriptor_changes_no_collection_in_use(
    server: Server, platform: PlatformClient
) -> None:
    """I-151, I-152: refused with SAP's sentence and the numbers; dropped only with force."""
    name, instance, zone = provisioned(platform, "All")
    add_user(server, zone)
    assigned = administered(server, "assign", "All", "--user", USER, "--json", zone=zone)
    assert assigned == {"collection": "All", "user": USER, "changed": True}
    administered(server, "map", "All", "--origin", "corp", "--group", "staff", zone=zone)

    changed = descriptor(name, "All")
    changed["role-collections"][0]["role-template-references"] = ["$XSAPPNAME.Editor"]
    refused = platform.update(instance, changed)
    assert refused.status_code == 422
    assert "Cannot add or remove role-template-references" in refused.json()["description"]

    renamed = descriptor(name, "Renamed")
    refused = platform.update(instance, renamed)
    assert refused.status_code == 422
    assert "is assigned to 1 user and 1 mapping" in refused.json()["description"]
    refused = platform.update(instance, renamed | {"dry-run": True})
    assert refused.json()["description"].startswith("Dry run: Error updating application")

    shown = administered(server, "show", "All", "--json", zone=zone)
    assert [each["name"] for each in shown["assignments"]] == [USER]
    forced = platform.update(instance, renamed | {"force": "true"})
    assert forced.status_code == 200, forced.text
    assert platform.fetch(instance).json()["parameters"] == renamed
    assert 'no role collection "All"' in administered(server, "show", "All", zone=zone, check=False)


@pytest.mark.parametrize("by_group", [False, True], ids=["user", "group"])
def test_exercise_4_deprovisioning_ends_assignments_for_good(
    server: Server, platform: PlatformClient, *, by_group: bool
) -> None:
    """A6, I-154, D-30, also with a group: nothing comes back with the same name."""
    name, instance, zone = provisioned(platform, "All")
    add_user(server, zone)
    rule = ("map", "All", "--origin", "corp", "--group", "staff")
    administered(server, *(rule if by_group else ("assign", "All", "--user", USER)), zone=zone)
    assert platform.deprovision(instance).status_code == 200
    context = {"platform": "cloudfoundry", "organization_guid": zone}
    again = platform.provision(
        a_guid(), descriptor(name, "All"), organization_guid=zone, context=context
    )
    assert again.status_code == 201, again.text
    shown = administered(server, "show", "All", "--json", zone=zone)
    assert (shown["assignments"], shown["mappings"]) == ([], [])
    trail = server.command("audit", "list", "--json", "--instance", instance).stdout
    assert "ended_assignments" in trail


def test_administrators_make_collections_and_roles(
    server: Server, platform: PlatformClient
) -> None:
    """I-150, I-G3, P4: all commands once, in a zone of their own."""
    name, _, zone = provisioned(platform, "All")
    add_user(server, zone)
    listed = administered(server, "list", "--json", zone=zone)
    app_id = next(each["application"] for each in listed if each["name"] == "All")
    assert app_id.startswith(f"{name}!t")
    assert {each["name"] for each in listed} == {
        "All",
        "Subaccount Administrator",
        "Subaccount Viewer",
    }
    template = ("--app", app_id, "--template", "Viewer")
    rule = ("--origin", "corp", "--attribute", "Country", "--value", "DE")
    administered(server, "roles", "create", "custom", *template, zone=zone)
    administered(server, "create", "Own", "--description", "A collection", zone=zone)
    administered(server, "add-role", "Own", *template, zone=zone)
    administered(server, "add-role", "Own", *template, "--role", "custom", zone=zone)
    administered(
        *(server, "assign", "Own", "--user", USER, "--expires", "2099-01-01"),
        *("--note", "until then"),
        zone=zone,
    )
    administered(server, "map", "Own", *rule, zone=zone)
    exported = server.directory / f"{name}.json"
    exported.write_text(administered(server, "export", zone=zone))
    shown = administered(server, "show", "Own", zone=zone)
    for text in ("custom", USER, "2099-01-01T00:00:00Z", "until then", "Country"):
        assert text in shown
    administered(server, "unassign", "Own", "--user", USER, zone=zone)
    administered(server, "unmap", "Own", *rule, zone=zone)
    administered(server, "remove-role", "Own", *template, zone=zone)
    deleted = ("roles", "delete", "custom", *template, "--yes", "--json")
    left = administered(server, *deleted, zone=zone)
    assert left["removed_from"] == ["Own"]
    ended = administered(server, "delete", "Own", "--yes", "--json", zone=zone)
    assert (ended["assignments"], ended["mappings"]) == (0, 0)
    loaded = administered(server, "import", str(exported), "--json", zone=zone)
    assert loaded == {
        "created": {
            "roles": 1,
            "collections": 1,
            "roles_in_collections": 2,
            "assignments": 1,
            "mappings": 1,
        },
        "failed": [],
    }


BAD_INPUT = [
    (("create", "x" * 65), "name: 65 characters; at most 64"),
    (("create", "ALL"), "already exists in this subaccount"),
    (("create", "\uff21ll"), 'confused with "All"'),
    (("create", "Own "), "without spaces at the beginning and end"),
    (("delete", "All", "--yes"), "is read-only"),
    (("assign", "All", "--user", "otto"), "has no user otto of origin sap.default"),
    (("assign", "all", "--user", USER), 'has no role collection "all"; there is "All"'),
    (("map", "All", "--origin", "sap.default", "--group", "g"), "have no attributes"),
    (("show", "Own"), 'has no role collection "Own"'),
    (("import", "/dev/null"), "Error: no JSON"),
]


def test_bad_input_is_named(server: Server, platform: PlatformClient) -> None:
    """Nothing is stored."""
    _, _, zone = provisioned(platform, "All")
    add_user(server, zone)
    before = administered(server, "list", "--json", zone=zone)
    for arguments, text in BAD_INPUT:
        assert text in administered(server, *arguments, zone=zone, check=False), arguments
    assert administered(server, "list", "--json", zone=zone) == before


def test_a_zone_exists(server: Server) -> None:
    for zone in ("0", "_operator", "no-such-zone"):
        error = administered(server, "list", zone=zone, check=False)
        assert "There is no zone" in error
