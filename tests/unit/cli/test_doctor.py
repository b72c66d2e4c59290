"""``doctor``: checks, locks and reconciles a database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from broker.audit.actor import platform_actor
from broker.errors import ConfigurationError
from broker.store.identity.users import StoredUsers
from broker.store.restore_lock import require_unlocked
from broker.store.tables.core import credential
from broker.store.tables.core import zone as zone_table
from tests.support.swapped_owners import unbind
from tests.support.tenants import mix_tenants
from tests.support.user_rows import DESCRIPTOR, counts, fill
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}


@pytest.fixture
def filled(command_line: CommandLine) -> CommandLine:
    """A database with an instance and two bindings."""
    command_line.domain.provision("i", {"xsappname": "app", **TYPES})
    for name in ("b", "c"):
        command_line.domain.bind("i", name)
    return command_line


def bindings(filled: CommandLine) -> list[str]:
    instance = filled.domain.instance("i")
    found = filled.domain.transactions.read(lambda each: each.bindings.summaries(instance))
    return sorted(each.binding_id for each in found)


def is_locked(filled: CommandLine) -> bool:
    try:
        require_unlocked(filled.domain.engine)
    except ConfigurationError:
        return True
    return False


def test_a_sound_database_has_no_findings(filled: CommandLine) -> None:
    assert json.loads(filled("doctor", "check", "--json")) == []
    filled("doctor", "check")


def test_addresses_that_some_client_cannot_use_are_no_inconsistencies(
    filled: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XSUAA_DOMAIN", "authentication.example.org:8443")
    checked = filled.try_out("doctor", "check", "--json")
    assert (checked.exit_code, json.loads(checked.stdout)) == (0, [])
    first, second = checked.stderr.splitlines()[:2]
    assert first.startswith("Warning: XSUAA_DOMAIN authentication.example.org:8443 has a port: ")
    assert first.endswith("use port 443 and a domain without a port.")
    assert second.startswith("Warning: XSUAA_CERT_URL names no host of its own: ")


def test_mixed_zones_are_noted(command_line: CommandLine) -> None:
    """D-53."""
    mix_tenants(command_line.domain)
    result = command_line.try_out("doctor", "check")
    assert result.exit_code == 0
    assert "several tenants in the zones zone-1." in result.stderr
    command_line("zones", "split", "1", "--yes")
    assert "several tenants" not in command_line.try_out("doctor", "check").stderr


def test_suspicious_guids_of_zones_are_noted(command_line: CommandLine) -> None:
    """D-53: an earlier version adopted the GUIDs of every platform."""
    domain, guid = command_line.domain, str(uuid4())
    # Owners are not bound: a changed GUID is no inconsistency.
    unbind(domain)
    domain.provision("i", organization_guid=guid, caller=platform_actor("other"))
    assert "suspicious" not in command_line.try_out("doctor", "check").stderr
    with domain.engine.begin() as connection:
        connection.execute(update(zone_table).values(guid=guid))
    late = domain.provision("j", organization_guid=guid).instance.client.zone
    assert late.guid != guid
    result = command_line.try_out("doctor", "check")
    assert (result.exit_code, result.stdout) == (0, "No inconsistencies found.\n")
    first, second = [line for line in result.stderr.splitlines() if "suspicious" in line]
    assert first == (
        f"Note: zone 1 (zone-1, organization:{guid}) has the suspicious GUID {guid}: an earlier"
        " version adopted it from platform other; platform default gives it to zone 2. See"
        " docs/platforms.md."
    )
    assert second == (
        f"Note: zone 2 (zone-2, organization:{guid}) has the suspicious GUID {late.guid}: platform"
        f" default gives the zone {guid}, the GUID of zone 1. See docs/platforms.md."
    )


def test_a_finding_is_status_1_until_it_is_repaired(filled: CommandLine) -> None:
    with filled.domain.engine.begin() as connection:
        [row_id, _] = connection.execute(select(credential.c.id)).scalars()
        connection.execute(credential.delete().where(credential.c.id == row_id))
    found = filled.try_out("doctor", "check", "--json")
    [finding] = json.loads(found.stdout)
    assert (found.exit_code, finding["repairable"]) == (1, True)
    repaired = filled.try_out("doctor", "check", "--repair", "--json")
    assert (repaired.exit_code, json.loads(repaired.stdout)) == (0, [])
    assert len(bindings(filled)) == 1


def test_a_locked_database_does_not_serve_until_it_is_unlocked(filled: CommandLine) -> None:
    filled("doctor", "lock")
    assert is_locked(filled)
    assert filled.try_out("doctor", "unlock", text="n\n").exit_code == 1
    assert is_locked(filled)
    filled("doctor", "unlock", "--yes")
    assert not is_locked(filled)


def test_a_reconciliation_needs_a_source(filled: CommandLine) -> None:
    assert filled.try_out("doctor", "reconcile").exit_code == 2


@pytest.mark.parametrize(
    "document",
    [["b"], {"resources": [{"guid": "b"}]}, {"resources": ["b"], "pagination": {"next": None}}],
)
def test_bindings_that_the_platform_does_not_list_are_deleted_when_applied(
    filled: CommandLine, document: Any
) -> None:
    (filled.directory / "list").write_text(json.dumps(document))
    filled("doctor", "lock")
    assert "c" in filled("doctor", "reconcile", "--bindings", "list")
    assert (bindings(filled), is_locked(filled)) == (["b", "c"], True)
    filled("doctor", "reconcile", "--bindings", "list", "--apply")
    assert (bindings(filled), is_locked(filled)) == (["b"], False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"resources": {}}',
        '["b", 7]',
        '["b", ""]',
        '[{"id": "b"}]',
        '{"resources": ["b"], "pagination": {"next": {"href": "page 2"}}}',
    ],
)
def test_a_list_that_could_be_incomplete_deletes_nothing(filled: CommandLine, text: str) -> None:
    (filled.directory / "list").write_text(text)
    result = filled.try_out("doctor", "reconcile", "--bindings", "list", "--apply")
    assert result.exit_code == 1
    assert bindings(filled) == ["b", "c"]


@pytest.mark.parametrize("text", ["", "[]", "other\n"])
def test_a_list_without_any_binding_needs_a_confirmation(filled: CommandLine, text: str) -> None:
    (filled.directory / "list").write_text(text)
    words = ("doctor", "reconcile", "--bindings", "list")
    for flags in ((), ("--apply",)):
        refused = filled.try_out(*words, *flags)
        assert refused.exit_code == 1
        assert "add --allow-empty" in refused.stderr
        assert bindings(filled) == ["b", "c"]
    filled(*words, "--allow-empty", "--apply")
    assert bindings(filled) == []


def test_a_list_without_the_bindings_of_one_platform_needs_a_confirmation(
    filled: CommandLine,
) -> None:
    other = platform_actor("other")
    filled.domain.provision("j", {"xsappname": "app", **TYPES}, caller=other)
    filled.domain.bind("j", "d", caller=other)
    words = ("doctor", "reconcile", "--bindings", "-", "--apply")
    refused = filled.try_out(*words, text="b\n")
    assert refused.exit_code == 1
    assert "none of the bindings of platform other" in refused.stderr
    assert bindings(filled) == ["b", "c"]
    assert filled(*words, text="b\nd\n").startswith("Deleted binding c of i.")


def log_line(**event: Any) -> str:
    common = {"event": "audit", "at": "2031-01-01T00:00:00+00:00", "outcome": "done"}
    parts = {"actor": {}, "subject": {"id": ""}, "details": {}, "instance_id": "i"}
    return json.dumps({**common, **parts, **event}) + "\n"


def test_logged_operations_are_repeated(filled: CommandLine) -> None:
    log = "not JSON\n" + log_line(action="unbind", binding_id="c")
    (filled.directory / "log").write_text(log)
    filled("doctor", "reconcile", "--log", "log", "--incomplete-log", "--apply")
    assert bindings(filled) == ["b"]


def test_an_invalid_log_line_is_named(filled: CommandLine) -> None:
    (filled.directory / "log").write_text(log_line(action="unbind", binding_id="c") + "{}x\n")
    result = filled.try_out("doctor", "reconcile", "--log", "log", "--incomplete-log", "--apply")
    assert result.exit_code == 1
    assert "line 2" in result.stderr
    assert bindings(filled) == ["b", "c"]


def test_users_are_withdrawn_again_and_log_on_again(command_line: CommandLine) -> None:
    """D-59."""
    domain = command_line.domain
    zone = domain.provision("i", DESCRIPTOR).instance.client.zone
    anna = stored_user(domain, zone)
    fill(domain, anna)
    of_anna = {"kind": "user", "id": anna.user_id}
    named = {"name": "anna", "origin": "sap.default"}
    (command_line.directory / "log").write_text(
        log_line(action="deactivate-user", subject=of_anna, details=named)
        + log_line(action="set-password", subject=of_anna, details=named)
        + log_line(
            action="assign-role-collection",
            subject=of_anna,
            details=named | {"collection": "Readers"},
        )
    )
    words = ("doctor", "reconcile", "--log", "log", "--incomplete-log")
    planned = command_line(*words)
    assert f"Deactivate user anna (sap.default, id {anna.user_id}), if it exists." in planned
    assert counts(domain, anna)["user_session"] == 1
    applied = command_line(*words, "--apply")
    assert "Deactivated user anna (sap.default) again." in applied
    assert "Role collection Readers was assigned to user anna" in applied
    assert "The password of user anna" in applied
    assert "Ended all access tokens and 1 session, 1 code" in applied
    found = StoredUsers(domain.engine).find(anna.user_id)
    assert found
    assert not found.is_active
    assert counts(domain, anna)["user_session"] == 0


def test_refused_withdrawals_are_counted(command_line: CommandLine) -> None:
    zone = command_line.domain.provision("i").instance.client.zone
    local = {"kind": "identity-provider", "id": "sap.default"}
    log = log_line(action="delete-provider", subject=local, zone=zone.guid)
    (command_line.directory / "log").write_text(log)
    words = ("doctor", "reconcile", "--log", "log", "--incomplete-log")
    assert "refused" not in command_line.try_out(*words).stderr
    applied = command_line.try_out(*words, "--apply")
    assert applied.exit_code == 0
    assert "Not deleted again: identity provider sap.default" in applied.stdout
    assert "Warning: 1 withdrawal was refused and must be repeated" in applied.stderr
