"""``audit list`` and ``audit prune`` (D-23)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from tests.support.platform import PlatformClient, a_descriptor, a_guid

if TYPE_CHECKING:
    from tests.support.server import Server


def test_events_are_listed_with_actor_and_action(server: Server, platform: PlatformClient) -> None:
    instance, binding = a_guid(), a_guid()
    identity = base64.b64encode(json.dumps({"user_id": "u-17"}).encode()).decode()
    platform.provision(instance, a_descriptor())
    platform.bind(instance, binding)
    platform.request(
        "GET",
        f"/service_instances/{instance}/service_bindings/{binding}",
        headers={
            "X-Broker-API-Originating-Identity": f"cloudfoundry {identity}",
            "X-Correlation-ID": "c-17",
        },
    )
    platform.unbind(instance, binding)

    listed = server.command("audit", "list", "--instance", instance, "--json").stdout
    events = [json.loads(line) for line in listed.splitlines()]
    actions = ["provision", "bind", "read-credentials", "unbind"]
    assert [event["action"] for event in events] == actions
    assert events[2]["identity"] == {"platform": "cloudfoundry", "value": {"user_id": "u-17"}}
    assert events[2]["correlation_id"] == "c-17"
    assert {event["actor"]["kind"] for event in events} == {"platform"}
    assert events[1]["subject"] == {"kind": "service-binding", "id": binding}
    assert events[3]["details"] == {"credential_type": "instance-secret"}
    assert len({event["zone"] for event in events}) == 1
    assert {event["binding_id"] for event in events[1:]} == {binding}

    only = ("--binding", binding, "--action", "read-credentials", "--since", "1h")
    table = server.command("audit", "list", *only).stdout.splitlines()
    assert table[0].split() == ["TIME", "ACTION", "ACTOR", "SUBJECT"]
    assert table[1].split()[1:3] == ["read-credentials", "u-17@default"]
    output = " ".join(line.strip() for line in table[2:])
    assert output == f"instance {instance}; credential-type instance-secret"
    assert max(map(len, table)) <= 80
    wide = server.command("audit", "list", *only, "--wide").stdout
    assert binding in wide
    assert "c-17" in wide

    newest = server.command("audit", "list", "--instance", instance, "--limit", "1", "--json")
    assert json.loads(newest.stdout)["action"] == "unbind"
    nothing = server.command("audit", "list", "--instance", instance, "--until", "1h").stdout
    assert nothing == "No events found.\n"


def test_old_events_are_deleted_on_request(server: Server, platform: PlatformClient) -> None:
    instance = a_guid()
    platform.provision(instance, a_descriptor())
    declined = server.command("audit", "prune", "--older-than", "8d", check=False)
    assert declined.returncode == 1  # not confirmed
    young = server.command("audit", "prune", "--older-than", "1d", "--yes", check=False)
    assert young.returncode == 2
    assert "--force" in young.stderr
    kept = server.command("audit", "prune", "--older-than", "1d", "--yes", "--force").stdout
    assert kept == "Deleted 0 events.\n"
    assert instance in server.command("audit", "list", "--instance", instance, "--wide").stdout
    output = server.command("audit", "list", "--action", "prune-audit", "--json").stdout
    pruned = json.loads(output.splitlines()[-1])
    assert pruned["actor"]["kind"] == "command-line"
    assert pruned["details"]["deleted"] == 0


def test_a_refused_update_is_written_down_with_its_reason_and_its_types(
    server: Server, platform: PlatformClient
) -> None:
    instance = a_guid()
    listed = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}
    descriptor = a_descriptor() | listed
    platform.provision(instance, descriptor)
    requested = {"oauth2-configuration": {"credential-types": ["x509", "binding-secret"]}}
    refused = platform.update(instance, descriptor | requested | {"xsappname": "another"})
    assert refused.status_code == 422
    output = server.command(
        "audit", "list", "--instance", instance, "--outcome", "refused", "--json"
    ).stdout
    [event] = [json.loads(line) for line in output.splitlines()]
    assert event["action"] == "update"
    assert event["details"]["reason"].startswith("Cannot change AppId with update.")
    assert event["details"]["credential_types"] == ["x509", "binding-secret"]
    assert event["details"]["previous_credential_types"] == ["binding-secret"]
    table = server.command("audit", "list", "--instance", instance, "--outcome", "refused").stdout
    assert "refused: Cannot change AppId" in table
    assert max(map(len, table.splitlines())) <= 80


def test_an_invalid_time_is_refused_with_the_valid_formats(server: Server) -> None:
    for option, given in (("--since", "yesterday"), ("--since", "7y"), ("--until", "1234567d")):
        refused = server.command("audit", "list", option, given, check=False)
        assert refused.returncode == 2
        assert "use, for example," in refused.stderr
