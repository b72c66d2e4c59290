"""``audit list`` and ``audit prune`` (D-23)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from tests.support.platform import PlatformClient, a_descriptor, a_guid

if TYPE_CHECKING:
    from tests.support.server import Server


def test_events_are_listed_with_who_did_what(server: Server, platform: PlatformClient) -> None:
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
    assert {event["binding_id"] for event in events[1:]} == {binding}

    table = server.command(
        "audit", "list", "--binding", binding, "--action", "read-credentials", "--since", "1h"
    ).stdout.splitlines()
    assert table[0].split() == [
        *("TIME", "ACTION", "INSTANCE", "BINDING", "PLATFORM", "USER", "CORRELATION", "DETAIL")
    ]
    assert [line.split()[-3:] for line in table[1:]] == [["u-17", "c-17", "-"]]

    newest = server.command("audit", "list", "--instance", instance, "--limit", "1", "--json")
    assert json.loads(newest.stdout)["action"] == "unbind"
    nothing = server.command("audit", "list", "--instance", instance, "--until", "1h").stdout
    assert nothing == "No such event.\n"


def test_old_events_are_deleted_when_told(server: Server, platform: PlatformClient) -> None:
    instance = a_guid()
    platform.provision(instance, a_descriptor())
    declined = server.command("audit", "prune", "--older-than", "1d", check=False)
    assert declined.returncode == 1  # nobody said yes
    kept = server.command("audit", "prune", "--older-than", "1d", "--yes").stdout
    assert kept == "Deleted 0 events.\n"
    assert instance in server.command("audit", "list", "--instance", instance).stdout


def test_what_is_no_time_is_refused_with_what_is(server: Server) -> None:
    for option, given in (("--since", "yesterday"), ("--since", "7y"), ("--until", "1234567d")):
        refused = server.command("audit", "list", option, given, check=False)
        assert refused.returncode == 2
        assert "use for example" in refused.stderr
