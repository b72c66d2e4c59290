"""Hosts are upgraded from an earlier version one by one, and no request fails (D-24).

The earlier version runs with the locked libraries of this version.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
import requests

from broker.runtime.state_directory import new_master_key
from broker.store.database.schema_revision import revisions
from tests.hosts.steady_load import Load
from tests.operations.load import platform_calls, token_calls
from tests.support.application import claims_of, fetch_token, token_status
from tests.support.hosts import Hosts
from tests.support.login_browser import LoginBrowser, exchange, query_of
from tests.support.login_world import LoginWorld
from tests.support.people import PASSWORD, people_of
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.previous_version import export
from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator
    from pathlib import Path

    from tests.support.application import Credentials
    from tests.support.postgres import PrivatePostgres

FIRST_SCHEMA = "ae2e4d01b9ecb399ea7f8fbca7a04639535081da"
"""The last version with only migration 0001, and the oldest whose 0001 is today's."""

BEFORE_ROOMS = "7581ca18f2f5cd2f631e9ae7d9e032d68f1fedf6"
"""The last version with migration 0005: its audit events and clients have fewer columns."""

BEFORE_USERS = "8518b4663104c69f5c804a2d0cdbd690bc3a796a"
"""The last version with migration 0008: it knows no users, assignments and mappings."""

BEFORE_ADMINISTRATION = "63f946ccc062a5179150fb8a22e16266b72bc0cf"
"""The last version with migration 0011: users log in, no API administers them."""

REVISIONS = {FIRST_SCHEMA: "0001", BEFORE_ROOMS: "0005"}

BOTH = credential_types("instance-secret", "binding-secret")

PASSWORD_OF_BOTH = "password-of-both-hosts"

COMPLETION_SECONDS = 120
"""For a busy machine: a server looks for clients to complete every five seconds."""


@pytest.mark.parametrize(
    "version", [pytest.param(FIRST_SCHEMA, marks=pytest.mark.soak), BEFORE_ROOMS]
)
def test_no_request_fails(
    nginx: Path, postgres: PrivatePostgres, tmp_path: Path, version: str
) -> None:
    old = export(version, tmp_path)
    url = postgres.create_database(f"rolling-{a_guid()}")
    home = tmp_path / "hosts"
    home.mkdir()
    with Hosts(home, nginx, url, PYTHONPATH=str(old)) as hosts:
        assert revision(url) == REVISIONS[version]
        platform = PlatformClient(hosts.url, hosts.user, hosts.password)
        instance, doomed = a_guid(), a_guid()
        descriptor = a_descriptor(oauth2_configuration=BOTH)
        assert platform.provision(instance, descriptor).status_code == 201
        shared = bound(platform, instance, "instance-secret")
        own = bound(platform, instance, "binding-secret")
        assert platform.bind(instance, doomed, {"credential-type": "binding-secret"}).ok
        bindings = 3
        calls = [token_calls(shared), token_calls(own), platform_calls(hosts)]
        with Load(hosts, calls) as load:
            new = upgraded(hosts.servers[0], tmp_path)
            for number, server in enumerate(hosts.servers):
                # Each version accepts the credentials of the other, old and new.
                made = bound(platform, instance, "binding-secret")
                assert everywhere(hosts, made) == everywhere(hosts, shared) == {200}
                bindings += 1
                hosts.restart(server, PYTHONPATH=str(ROOT))
                assert requests.get(f"{server.url}/readyz", timeout=10).ok, number
            # Beside earlier versions nothing was bound to its owner; from now on everything is.
            assert "secrets are not bound" in new.command("doctor", "check").stderr
            bound_owners = new.command("data-keys", "bind-owners").stdout
            assert "Servers refuse values that are not bound within" in bound_owners
            made = bound(platform, instance, "binding-secret")
            assert everywhere(hosts, made) == everywhere(hosts, shared) == {200}
            bindings += 1
        assert load.problems() == []
        assert load.answered() > 100
        assert revision(url) == revisions()[-1]
        assert audited(url, instance) >= {"provision": 1, "bind": bindings}.items()
        assert everywhere(hosts, own) == everywhere(hosts, shared) == {200}
        # This version accepts and deletes the credentials of the earlier one.
        assert platform.unbind(instance, doomed).status_code == 200
        token = fetch_token(own).json()["access_token"]
        pair = own["clientid"], own["clientsecret"]
        introspected = requests.post(
            f"{hosts.url}/introspect", data={"token": token}, auth=pair, timeout=9
        )
        assert introspected.json()["active"] is True
        only = {"oauth2-configuration": credential_types("binding-secret")}
        assert platform.update(instance, descriptor | only).status_code == 200
        assert everywhere(hosts, shared) == {401}
        checked = new.command("doctor", "check")
        assert checked.stdout == "No inconsistencies found.\n"
        assert "secrets are not bound" not in checked.stderr


@contextmanager
def beside(
    version: str, schema: str, postgres: PrivatePostgres, directory: Path
) -> Iterator[tuple[Server, Server]]:
    """Yield a host with the earlier version, which has this schema, and one with this version.

    The database was upgraded while the earlier version was running.
    """
    earlier = export(version, directory)
    url = postgres.create_database(f"rolling-{a_guid()}")
    common = {
        "XSUAA_BROKER_PASSWORD": PASSWORD_OF_BOTH,
        "XSUAA_MASTER_KEYS": new_master_key(),
        "XSUAA_PUBLIC_URL": "http://localhost",
        "XSUAA_TLS_PORT": "0",
    }
    homes = [directory / name for name in ("earlier", "present")]
    for home in homes:
        home.mkdir()
    old, new = (Server(home, database_url=url, workers=1, **common) for home in homes)
    old.environment["PYTHONPATH"] = str(earlier)
    with old:
        assert revision(url) == schema
        with new:
            assert revision(url) == revisions()[-1]
            yield old, new


@pytest.fixture
def versions(postgres: PrivatePostgres, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """The version before users, and this one."""
    with beside(BEFORE_USERS, "0008", postgres, tmp_path) as servers:
        yield servers


@pytest.fixture
def versions_with_logins(
    postgres: PrivatePostgres, tmp_path: Path
) -> Iterator[tuple[Server, Server]]:
    """An earlier version with logins, and this one."""
    with beside(BEFORE_ADMINISTRATION, "0011", postgres, tmp_path) as servers:
        yield servers


def test_logins_of_one_version_continue_at_the_other(
    versions_with_logins: tuple[Server, Server],
) -> None:
    """I-84, D-42: sessions, codes, refresh tokens and pending logins, in both directions."""
    old, new = versions_with_logins
    platform = PlatformClient(old.url, old.user, PASSWORD_OF_BOTH)
    world = LoginWorld.create(new, platform)
    for first, second in ((old, new), (new, old)):
        browser = LoginBrowser(first.url, host="localhost")
        code = browser.code(world.credentials, world.user_name, PASSWORD)
        unfinished = LoginBrowser(first.url, host="localhost")
        page = unfinished.authorize(world.credentials)
        at_first, at_second = ({**world.credentials, "url": each.url} for each in (first, second))
        # The other version exchanges the code and refreshes the token.
        tokens = exchange(at_second, code)
        assert tokens.status_code == 200, tokens.text
        for credentials in (at_first, at_second):
            tokens = fetch_token(
                credentials,
                grant_type="refresh_token",
                refresh_token=tokens.json()["refresh_token"],
            )
            assert tokens.status_code == 200, tokens.text
        # It continues the session and the login, and ends the session for both.
        unfinished.url = browser.url = second.url
        assert world.has_session(browser)
        assert "code" in query_of(unfinished.log_on(page, world.user_name, PASSWORD))
        copied = LoginBrowser(first.url, host="localhost")
        copied.session.cookies.update(browser.session.cookies)
        assert world.has_session(copied)
        left = browser.get("/logout.do", params={"client_id": world.credentials["clientid"]})
        assert left.ok, left.text
        assert not world.has_session(copied)


def test_an_update_by_an_earlier_version_ends_no_assignment(
    versions: tuple[Server, Server],
) -> None:
    """D-40: nor can an earlier version delete a role collection in use."""
    old, new = versions
    instance, platform = a_guid(), PlatformClient(new.url, new.user, PASSWORD_OF_BOTH)
    collections = [{"name": "Viewers", "role-template-references": ["$XSAPPNAME.Viewer"]}]
    descriptor = a_descriptor(role_collections=collections, oauth2_configuration=BOTH)
    assert platform.provision(instance, descriptor).status_code == 201
    credentials = bound(platform, instance, "binding-secret") | {"url": new.url}
    people = people_of(new, credentials)
    user = people.create()
    people.run_json("role-collections", "assign", "Viewers", "--user", user)
    group = ("--origin", "corp", "--group", "staff")
    people.run_json("role-collections", "map", "Viewers", *group)
    before = people.run_json("role-collections", "show", "Viewers")
    assert [each["name"] for each in before["assignments"]] == [user]
    assert len(before["mappings"]) == 1
    first = completed(credentials, user)
    scopes = claims_of(first)["scope"]
    assert [name.rpartition(".")[2] for name in scopes] == ["Display", "openid"]

    earlier = PlatformClient(old.url, old.user, PASSWORD_OF_BOTH, may_fail=True)
    changed = descriptor | {"scopes": [*descriptor["scopes"], {"name": "$XSAPPNAME.Edit"}]}
    assert earlier.update(instance, changed).status_code == 200
    assert people.run_json("role-collections", "show", "Viewers") == before
    assert claims_of(completed(credentials, user))["scope"] == scopes
    held = first.json()["refresh_token"]
    refreshed = fetch_token(credentials, grant_type="refresh_token", refresh_token=held)
    assert claims_of(refreshed)["scope"] == scopes

    undeclared = changed | {"role-collections": []}
    assert earlier.update(instance, undeclared).status_code == 503
    assert earlier.deprovision(instance).status_code == 503
    assert platform.fetch(instance).json()["parameters"] == changed
    assert people.run_json("role-collections", "show", "Viewers") == before
    assert claims_of(completed(credentials, user))["scope"] == scopes
    assert new.command("doctor", "check").stdout == "No inconsistencies found.\n"


def completed(credentials: Credentials, user: str) -> requests.Response:
    """Return the response to a password grant as soon as the client's settings are complete."""
    give_up = time.monotonic() + COMPLETION_SECONDS
    while True:
        response = fetch_token(credentials, grant_type="password", username=user, password=PASSWORD)
        if response.status_code != 503:
            break
        assert time.monotonic() < give_up, response.text
        time.sleep(0.1)
    assert response.status_code == 200, response.text
    return response


def upgraded(server: Server, directory: Path) -> Server:
    """Run this version's migrations on the database of a host with the earlier version."""
    new = Server(directory / "operator", workers=1)
    new.directory.mkdir()
    new.environment = server.environment | {"PYTHONPATH": str(ROOT)}
    new.command("db", "upgrade")
    return new


def audited(url: str, instance: str) -> ItemsView[str, int]:
    """Return the number of audit events about the instance, by action."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT action, count(*) FROM audit_event WHERE instance_id = %s GROUP BY action",
            (instance,),
        ).fetchall()
    return {str(action): int(count) for action, count in rows}.items()


def revision(url: str) -> str:
    """Return the revision of the schema."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row
    return str(row[0])


def bound(platform: PlatformClient, instance: str, type_: str) -> Credentials:
    response = platform.bind(instance, a_guid(), {"credential-type": type_})
    assert response.status_code == 201, response.text
    credentials: Credentials = response.json()["credentials"]
    return credentials


def everywhere(hosts: Hosts, credentials: Credentials) -> set[int]:
    """Request a token from every host."""
    return {token_status(credentials | {"url": server.url}) for server in hosts.servers}
