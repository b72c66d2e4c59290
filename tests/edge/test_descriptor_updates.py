"""Grants, dry runs and the operator's commands over HTTP and the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.application import claims_of, fetch_token, token_status
from tests.support.platform import ORGANIZATION, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.platform import JsonObject, PlatformClient
    from tests.support.server import Server

ACCEPT = ["$ACCEPT_GRANTED_AUTHORITIES"]


def granting(name: str, *grantees: str) -> JsonObject:
    scope = {"name": "$XSAPPNAME.read", "grant-as-authority-to-apps": list(grantees)}
    return {"xsappname": name, "scopes": [scope]}


def create(platform: PlatformClient, descriptor: JsonObject) -> tuple[str, dict[str, str]]:
    instance_id = a_guid()
    assert platform.provision(instance_id, descriptor).status_code == 201
    response = platform.bind(instance_id, a_guid())
    assert response.status_code == 201, response.text
    return instance_id, response.json()["credentials"]


def claims(credentials: dict[str, str]) -> dict[str, Any]:
    response = fetch_token(credentials)
    assert response.status_code == 200, response.text
    return claims_of(response)


def test_a_granted_scope_widens_the_token_by_one_application(platform: PlatformClient) -> None:
    """A21; the audience names the granting application while its scope is in the token."""
    name = f"b-{a_guid()}"
    a, owner = create(platform, granting(f"a-{a_guid()}", f"$XSAPPNAME(application,{name})"))
    _, credentials = create(platform, {"xsappname": name, "authorities": ACCEPT})
    token = claims(credentials)
    granted = f"{owner['xsappname']}.read"
    assert token["scope"] == token["authorities"] == sorted([granted, "uaa.resource"])
    assert token["aud"] == [credentials["clientid"], owner["xsappname"], "uaa"]
    assert fetch_token(credentials, scope="uaa.resource").json()["scope"] == "uaa.resource"

    withdrawn = granting(owner["xsappname"].partition("!")[0])
    assert platform.update(a, withdrawn).status_code == 200
    token = claims(credentials)
    assert token["scope"] == ["uaa.resource"]
    assert owner["xsappname"] not in token["aud"]
    assert fetch_token(credentials, scope=granted).status_code == 400


def test_an_own_authority_takes_effect_when_its_scope_is_defined(platform: PlatformClient) -> None:
    """Descriptors of several facets list an authority whose scope another facet adds."""
    descriptor = a_descriptor(
        scopes=[{"name": "$XSAPPNAME.administer"}],
        authorities=["$XSAPPNAME.administer", "$XSAPPNAME.subscribe"],
        role_templates=[],
    )
    instance_id = a_guid()
    response = platform.provision(instance_id, descriptor)
    assert response.status_code == 201
    assert "authorities[1]: $XSAPPNAME.subscribe has no effect" in response.json()["description"]
    credentials = platform.bind(instance_id, a_guid()).json()["credentials"]
    defined = [f"{credentials['xsappname']}.administer"]
    assert claims(credentials)["scope"] == sorted([*defined, "uaa.resource"])
    complete = descriptor | {"scopes": [*descriptor["scopes"], {"name": "$XSAPPNAME.subscribe"}]}
    assert platform.update(instance_id, complete).status_code == 200
    both = [*defined, f"{credentials['xsappname']}.subscribe"]
    assert claims(credentials)["scope"] == sorted([*both, "uaa.resource"])
    assert platform.update(instance_id, descriptor).status_code == 200
    assert claims(credentials)["scope"] == sorted([*defined, "uaa.resource"])


def test_a_bare_name_grants_in_the_own_space_only(platform: PlatformClient) -> None:
    """D-54."""
    here, elsewhere = f"b-{a_guid()}", f"c-{a_guid()}"
    owner = f"a-{a_guid()}"
    a, credentials = create(platform, granting(owner, here, elsewhere))
    _, near = create(platform, {"xsappname": here, "authorities": ACCEPT})
    far_id, space = a_guid(), a_guid()
    descriptor = {"xsappname": elsewhere, "authorities": ACCEPT}
    context = {
        "platform": "cloudfoundry",
        "organization_guid": ORGANIZATION,
        "space_guid": space,
    }
    response = platform.provision(far_id, descriptor, space_guid=space, context=context)
    assert response.status_code == 201, response.text
    far = platform.bind(far_id, a_guid()).json()["credentials"]
    granted = f"{credentials['xsappname']}.read"
    assert claims(near)["scope"] == sorted([granted, "uaa.resource"])
    assert claims(far)["scope"] == ["uaa.resource"]
    long_form = granting(owner, f"$XSAPPNAME(application,{elsewhere})")
    assert platform.update(a, long_form).status_code == 200
    assert claims(near)["scope"] == ["uaa.resource"]
    assert claims(far)["scope"] == sorted([granted, "uaa.resource"])


def test_mentions_of_the_platform_s_scopes_give_none(platform: PlatformClient) -> None:
    """D-29, D-56."""
    mentions = ["xs_user.read", "xsuaa!t1.xs_user.read", "$XSAPPNAME(application,xsuaa)"]
    descriptor = a_descriptor(
        scopes=[{"name": "xs_user.read"}, {"name": "xs_authorization.write"}],
        authorities=mentions,
        role_templates=[{"name": "Operator", "scope-references": mentions[:2]}],
    )
    instance_id = a_guid()
    response = platform.provision(instance_id, descriptor)
    assert response.status_code == 201, response.text
    assert "not defined by this application" in response.json()["description"]
    credentials = platform.bind(instance_id, a_guid()).json()["credentials"]
    token = claims(credentials)
    assert (token["scope"], token["authorities"]) == (["uaa.resource"], ["uaa.resource"])
    assert fetch_token(credentials, scope="xs_user.read").status_code == 400


def test_a_dry_run_is_a_report(platform: PlatformClient) -> None:
    types = {"oauth2_configuration": credential_types("instance-secret", "binding-secret")}
    descriptor = a_descriptor(**types)
    instance_id, credentials = create(platform, descriptor)
    new = descriptor | {"oauth2-configuration": credential_types("binding-secret")}
    response = platform.update(instance_id, new | {"dry-run": True})
    assert response.status_code == 200
    report = response.json()["description"]
    assert report.startswith("Dry run: nothing was changed.")
    assert "its instance-secret is no longer accepted" in report
    assert token_status(credentials) == 200
    assert platform.fetch(instance_id).json()["parameters"] == descriptor
    refused = platform.update(instance_id, {"xsappname": "renamed", "dry-run": True})
    assert refused.status_code == 422
    assert refused.json()["description"].startswith("Dry run: Cannot change AppId")


def test_a_cut_off_names_the_service_key_or_the_application(platform: PlatformClient) -> None:
    types = {"oauth2_configuration": credential_types("instance-secret", "binding-secret")}
    descriptor, instance_id, app = a_descriptor(**types), a_guid(), a_guid()
    assert platform.provision(instance_id, descriptor).status_code == 201
    assert platform.bind(instance_id, "key").status_code == 201
    assert platform.bind(instance_id, "b", app_guid=app).status_code == 201
    new = descriptor | {"oauth2-configuration": credential_types("binding-secret")}
    report = platform.update(instance_id, new).json()["description"]
    assert "service key key: its instance-secret is no longer accepted" in report
    assert f"app {app} (binding b): its instance-secret is no longer accepted" in report


def test_a_forbidden_change_is_a_422_that_may_not_be_repeated(platform: PlatformClient) -> None:
    """D-08."""
    attribute = {"name": "country", "valueType": "string"}
    descriptor = a_descriptor(attributes=[attribute])
    instance_id, _ = create(platform, descriptor)
    changed = descriptor | {"attributes": [attribute | {"valueType": "int"}]}
    response = platform.update(instance_id, changed)
    assert response.status_code == 422
    assert response.json()["update_repeatable"] is False
    assert response.json()["instance_usable"] is True
    assert "attributes[0].valueType: a change from string to int" in response.json()["description"]


def test_the_command_line_updates_as_the_platform_does(
    platform: PlatformClient, server: Server, tmp_path: Path
) -> None:
    """For platforms that never send updates."""
    types = {"oauth2_configuration": credential_types("instance-secret", "binding-secret")}
    descriptor = a_descriptor(**types)
    instance_id, credentials = create(platform, descriptor)
    path = tmp_path / "xs-security.json"
    path.write_text(
        json.dumps(descriptor | {"oauth2-configuration": credential_types("binding-secret")})
    )

    rehearsed = command(server, "update", instance_id, "-c", str(path), "--dry-run", "--json")
    assert rehearsed["changed"] is False
    [cut_off] = rehearsed["cut_off_bindings"]
    assert cut_off["credential_type"] == "instance-secret"
    assert token_status(credentials) == 200

    assert command(server, "update", instance_id, "-c", str(path), "--json")["changed"] is True
    assert token_status(credentials) == 401
    shown = command(server, "show", instance_id, "--json")
    assert shown["credential_types"] == ["binding-secret"]
    [binding] = shown["bindings"]
    # The use above may have been recorded since the dry run.
    del binding["last_used_at"]
    assert binding == {
        "id": cut_off["id"],
        "credential_type": cut_off["credential_type"],
        "app_guid": None,
    }
    assert instance_id in [each["id"] for each in command(server, "list", "--json")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "nowhere"], "There is no service instance with"),
        (
            ["update", "nowhere", "-c", "x.json"],
            "There is no service instance with",
        ),
        (["update", "nowhere", "-c", "none.json"], "none.json"),
        (["update", "nowhere", "-c", "bad.json"], "not valid JSON"),
    ],
)
def test_wrong_commands_are_one_line(
    server: Server, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "x.json").write_text('{"xsappname": "x"}')
    (tmp_path / "bad.json").write_text("{")
    paths = [str(tmp_path / each) if each.endswith(".json") else each for each in arguments]
    result = server.command("instances", *paths, check=False)
    assert result.returncode != 0
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_the_operator_reads_references_and_releases_names(
    platform: PlatformClient, server: Server
) -> None:
    a, owner = create(platform, granting(f"a-{a_guid()}", "$XSAPPNAME(application,nobody)"))
    text = server.command("instances", "show", a).stdout
    assert 'grant-as-authority-to-apps "read": nobody!t' in text
    assert "-> unresolved" in text
    assert platform.deprovision(a).status_code == 200
    app_id = owner["xsappname"]
    assert f"{app_id} is released." in server.command("instances", "release-name", app_id).stdout
    again = server.command("instances", "release-name", app_id).stdout
    assert "was not reserved" in again


def test_the_operator_deletes_what_the_platform_has_purged(
    platform: PlatformClient, server: Server, tmp_path: Path
) -> None:
    """After ``cf purge-service-instance``, which the broker never hears of."""
    kept, _ = create(platform, a_descriptor())
    purged, credentials = create(platform, a_descriptor())
    everything = [each["id"] for each in command(server, "list", "--platform", "default", "--json")]
    path = tmp_path / "instances.json"
    page = {"resources": [{"guid": each} for each in everything if each != purged]}
    path.write_text(json.dumps(page))
    orphaned = ("--orphaned-by", str(path), "--platform", "default", "--json")
    [orphan] = command(server, "list", *orphaned)
    assert orphan["id"] == purged
    assert (orphan["organization"], orphan["space_name"]) == ("My Org", "dev")

    shown = server.command("instances", "delete", purged, "--dry-run").stdout
    assert orphan["bindings"][0]["id"] in shown
    assert token_status(credentials) == 200
    server.command("instances", "delete", purged, "--yes")
    assert token_status(credentials) == 401
    assert platform.deprovision(purged).status_code == 410
    assert platform.fetch(kept).status_code == 200


def command(server: Server, *arguments: str) -> Any:
    return json.loads(server.command("instances", *arguments).stdout)
