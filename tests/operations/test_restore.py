"""A restored backup does not re-activate deleted credentials."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
import requests
from psycopg import sql
from sqlalchemy import delete, update

from broker.store.database.engine import open_engine
from broker.store.tables.core import client, credential, service_binding
from tests.support.application import fetch_token, token_status
from tests.support.databases import migrated_database
from tests.support.people import PASSWORD, people_of
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials
    from tests.support.people import People
    from tests.support.postgres import PrivatePostgres

BOTH = credential_types("binding-secret", "instance-secret")
AUDIT_LIST = ("audit", "list", "--json", "--limit", "0")


class Backup:
    """Backs up the database of a stopped server and restores it."""

    def __init__(self, server: Server, directory: Path, postgres: PrivatePostgres | None) -> None:
        self._server, self._file, self._postgres = server, directory / "backup.db", postgres
        self._name = f"backup-{a_guid()}"

    def take(self, original: str) -> None:
        """Copy the database."""
        if self._postgres is None:
            finished = self._server.command("db", "backup", str(self._file))
            assert "Copying" in finished.stderr
            return
        with psycopg.connect(self._postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(self._name), sql.Identifier(original)
                )
            )

    def restore(self) -> None:
        """Let the server use the copy."""
        if self._postgres is None:
            database = self._server.directory / "var" / "xsuaa.db"
            for file in database.parent.glob("xsuaa.db*"):
                file.unlink()
            shutil.copy(self._file, database)
        else:
            url = self._postgres.url(self._name)
            self._server.environment["XSUAA_DATABASE_URL"] = url


class MappedCollections:
    """The role collections Team and Doomed, both mapped to a group."""

    _GROUP = ("--origin", "corporate", "--group", "staff")

    def __init__(self, people: People) -> None:
        self._people = people
        for collection in ("Team", "Doomed"):
            people.run_json("role-collections", "create", collection)
            people.run_json("role-collections", "map", collection, *self._GROUP)
        mapping = "the mapping of Groups=staff (corporate) to role collection Team"
        self.planned = {
            f"Remove {mapping} of zone {people.zone}, if it exists.",
            f"Delete role collection Doomed of zone {people.zone}, if it exists.",
        }

    def withdraw(self) -> None:
        """Remove the mapping of Team and delete Doomed."""
        self._people.run_json("role-collections", "unmap", "Team", *self._GROUP)
        self._people.run_json("role-collections", "delete", "Doomed", "--yes")

    def are_withdrawn(self) -> bool:
        """Return whether Team has no mapping and Doomed does not exist."""
        names = {each["name"] for each in self._people.run_json("role-collections", "list")}
        team = self._people.run_json("role-collections", "show", "Team")
        return "Doomed" not in names and team["mappings"] == []


@pytest.fixture
def name() -> str:
    """Name of the database on PostgreSQL."""
    return f"restore-{a_guid()}"


@pytest.fixture
def server(tmp_path: Path, name: str, postgres_if_used: PrivatePostgres | None) -> Iterator[Server]:
    """A server of the test's own."""
    url = migrated_database(postgres_if_used, name) if postgres_if_used else ""
    with Server(tmp_path, database_url=url) as running:
        yield running


def test_a_restore_is_locked_until_it_was_reconciled(
    server: Server, name: str, postgres_if_used: PrivatePostgres | None, tmp_path: Path
) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance, other, doomed, rotated = (a_guid() for _ in range(4))
    descriptor = a_descriptor(oauth2_configuration=BOTH)
    for each in (other, doomed, rotated):
        assert platform.provision(each, a_descriptor(oauth2_configuration=BOTH)).ok
    assert platform.provision(instance, descriptor).ok
    kept, deleted = bound(platform, server, instance), bound(platform, server, instance)
    shared = bound(platform, server, instance, "instance-secret")
    gone = bound(platform, server, doomed)
    old = bound(platform, server, rotated, "instance-secret")
    people = people_of(server, kept)
    stays, leaves = people.create(), people.create()
    sessions = [log_on(kept, user).json()["refresh_token"] for user in (stays, leaves)]
    collections = MappedCollections(people)
    server.stop()
    backup = Backup(server, tmp_path, postgres_if_used)
    backup.take(name)
    server.start()
    assert platform.unbind(instance, deleted["binding"]).ok
    assert platform.deprovision(doomed).ok
    only = {"oauth2-configuration": credential_types("binding-secret")}
    assert platform.update(instance, descriptor | only).ok
    server.command("secrets", "rotate", rotated, "--overlap", "0")
    people.run_json("users", "deactivate", leaves)
    collections.withdraw()
    audit_trail = server.command(*AUDIT_LIST).stdout
    server.stop()

    backup.restore()
    require_locked(server)
    log = tmp_path / "all.log"
    log.write_text(server.log() + audit_trail)
    # Both write events that the backup lacks.
    server.command("data-keys", "rotate")
    server.command("doctor", "lock")
    command = ("doctor", "reconcile", "--log", str(log))
    output = server.command(*command).stdout
    assert f"Delete binding {deleted['binding']} of {instance}" in output
    assert f"Deactivate user {leaves} (sap.default, id " in output
    assert collections.planned <= set(output.splitlines())
    require_locked(server)  # no change yet
    done = server.command(*command, "--apply").stdout
    assert "The database is unlocked." in done
    assert f"Deleted service instance {doomed}." in done
    assert collections.are_withdrawn()

    server.start()
    assert token_status(kept) == 200
    for lost in (deleted, shared, gone, old):
        assert token_status(lost) == 401
    for each in sessions:
        form = {"grant_type": "refresh_token", "refresh_token": each}
        assert fetch_token(kept, **form).status_code == 401
    assert [log_on(kept, user).status_code for user in (stays, leaves)] == [200, 401]
    assert server.command("doctor", "check").stdout == "No inconsistencies found.\n"


def require_locked(server: Server) -> None:
    refused = server.command("serve", check=False)
    assert refused.returncode == 1
    assert "The database is locked." in refused.stderr
    assert "doctor reconcile" in refused.stderr


def log_on(credentials: Credentials, user: str) -> requests.Response:
    return fetch_token(credentials, grant_type="password", username=user, password=PASSWORD)


def test_revocations_since_the_backup_hold_again(
    server: Server, name: str, postgres_if_used: PrivatePostgres | None, tmp_path: Path
) -> None:
    """One token (RFC 7009), all tokens of a client, twice, and a secret before a rotation.

    The log and the audit trail both have the events of the server, which are repeated once.
    """
    platform = PlatformClient(server.url, server.user, server.password)
    instances = [a_guid() for _ in range(3)]
    for instance in instances:
        assert platform.provision(instance, a_descriptor(oauth2_configuration=BOTH)).ok
    one, all_of = (bound(platform, server, instance) for instance in instances[:2])
    leaked = bound(platform, server, instances[2], "instance-secret")
    server.command("secrets", "rotate", instances[2], "--overlap", "7d")
    server.stop()
    backup = Backup(server, tmp_path, postgres_if_used)
    backup.take(name)
    server.start()
    revoked, kept = token_of(one), token_of(one)
    revoke(one, revoked)
    early = token_of(all_of)
    revoke_all(all_of)
    late = token_of(all_of)
    revoke_all(all_of)
    newest = token_of(all_of)
    server.command("secrets", "revoke", instances[2], "--previous")
    assert token_status(leaked) == 401
    audit_trail = server.command(*AUDIT_LIST).stdout
    server.stop()

    backup.restore()
    log = tmp_path / "all.log"
    log.write_text(server.log() + audit_trail)
    command = ("doctor", "reconcile", "--log", str(log))
    output = server.command(*command).stdout
    assert f"of {one['clientid']}." in output
    assert f"Revoke all tokens of {all_of['clientid']} up to the logged revocation." in output
    assert "Revoke the token " in output
    done = server.command(*command, "--apply").stdout
    assert f"Revoked tokens of {one['clientid']} again: " in done
    assert f"Revoked the previous secret of {instances[2]} again." in done
    server.start()
    assert [is_active(one, token) for token in (revoked, kept)] == [False, True]
    assert [is_active(all_of, token) for token in (early, late, newest)] == [False, False, True]
    assert token_status(leaked) == 401


def token_of(credentials: Credentials) -> str:
    token: str = fetch_token(credentials).json()["access_token"]
    return token


def revoke(credentials: Credentials, token: str) -> None:
    assert _post(credentials, "/oauth/revoke", token=token).ok


def revoke_all(credentials: Credentials) -> None:
    client_id = quote(credentials["clientid"], safe="")
    assert _post(credentials, f"/oauth/token/revoke/client/{client_id}").ok


def is_active(credentials: Credentials, token: str) -> bool:
    active: bool = _post(credentials, "/introspect", token=token).json()["active"]
    return active


def _post(credentials: Credentials, path: str, **form: str) -> requests.Response:
    pair = credentials["clientid"], credentials["clientsecret"]
    return requests.post(f"{credentials['url']}{path}", data=form, auth=pair, timeout=30)


def test_the_platform_s_list_of_bindings_serves_as_well(server: Server, tmp_path: Path) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=BOTH)).ok
    kept, unknown = bound(platform, server, instance), bound(platform, server, instance)
    server.stop()
    server.command("doctor", "lock")
    assert "Locked by an operator" in server.command("serve", check=False).stderr
    listed = tmp_path / "bindings.json"
    page = {"resources": [{"guid": kept["binding"]}], "pagination": {"next": {"href": "…"}}}
    listed.write_text(json.dumps(page))
    command = ("doctor", "reconcile", "--bindings", str(listed), "--apply")
    assert "append the other pages" in server.command(*command, check=False).stderr
    listed.write_text(json.dumps(page | {"pagination": {"next": None}}))
    assert f"Deleted binding {unknown['binding']}" in server.command(*command).stdout
    server.start()
    assert (token_status(kept), token_status(unknown)) == (200, 401)


def test_a_log_that_begins_too_late_is_refused(server: Server, tmp_path: Path) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    assert platform.provision(a_guid(), a_descriptor()).ok
    log = tmp_path / "late.log"
    line = {"event": "audit", "timestamp": "2999-01-01T00:00:00Z", "action": "unbind"}
    log.write_text(json.dumps(line))
    refused = server.command("doctor", "reconcile", "--log", str(log), check=False)
    assert refused.returncode == 1
    assert "--incomplete-log" in refused.stderr
    accepted = server.command("doctor", "reconcile", "--log", str(log), "--incomplete-log")
    assert "Nothing was changed" in accepted.stdout


def test_the_doctor_finds_inconsistencies_and_repairs_on_request(server: Server) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=BOTH)).ok
    whole, halved, swapped, forged = (bound(platform, server, instance) for _ in range(4))
    assert server.command("doctor", "check").stdout == "No inconsistencies found.\n"
    url = server.environment.get("XSUAA_DATABASE_URL", "").replace("sql://", "sql+psycopg://")
    url = url or f"sqlite:///{server.directory / 'var' / 'xsuaa.db'}"
    engine = open_engine(url, connections=1, lock_timeout=5)
    with engine.begin() as connection:
        rows = {
            row.binding_id: row.id
            for row in connection.execute(
                service_binding.select().with_only_columns(
                    service_binding.c.binding_id, service_binding.c.id
                )
            )
        }
        of = {
            name: credential.c.binding_row_id == rows[each["binding"]]
            for name, each in (("halved", halved), ("swapped", swapped), ("forged", forged))
        }
        connection.execute(delete(credential).where(of["halved"]))
        # An owner changed by hand: deleting the right binding would not end the credential.
        connection.execute(
            update(credential).where(of["swapped"]).values(binding_row_id=rows[whole["binding"]])
        )
        connection.execute(update(credential).where(of["forged"]).values(digest=bytes(32)))
        connection.execute(client.update().values(credential_types="binding-secret"))
    engine.dispose()

    found = server.command("doctor", "check", "--json", check=False)
    assert found.returncode == 1
    assert "Checking" in found.stderr
    problems = {each["problem"]: each["repairable"] for each in json.loads(found.stdout)}
    assert sum("belongs to another binding" in problem for problem in problems) == 1
    assert sum("has no credential" in problem for problem in problems) == 2
    # The forged credential, and the one compared with another binding's payload.
    assert [fits for problem, fits in problems.items() if "digest" in problem] == [False] * 2
    assert server.command("doctor", "check", check=False).returncode == 1  # no change
    repaired = server.command("doctor", "check", "--repair", check=False)
    assert "Deleted 3 rows." in repaired.stderr
    assert "the owner or the digest of credential" in repaired.stdout
    assert token_status(whole) == 200
    assert token_status(swapped) == 401


def bound(
    platform: PlatformClient, server: Server, instance: str, type_: str = "binding-secret"
) -> Credentials:
    """Return the credentials of a new binding, with its id."""
    binding = a_guid()
    response = platform.bind(instance, binding, {"credential-type": type_})
    assert response.status_code == 201, response.text
    credentials: Credentials = response.json()["credentials"]
    return credentials | {"url": server.url, "binding": binding}
