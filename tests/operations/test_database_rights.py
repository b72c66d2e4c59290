"""The rights of the database role as docs/upgrade.md lists them, and TLS to the database.

On the oldest PostgreSQL of the tests, so that it is tested at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.support.application import fetch_token
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.postgres import PrivatePostgres
from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = (ROOT / "docs/upgrade.md").read_text()
OWNER, SERVER = "xsuaa_owner:owner-password", "xsuaa_server:server-password"
LACKS = "The database role lacks a right; docs/upgrade.md lists those that it needs."


@pytest.fixture(scope="module")
def oldest() -> Iterator[PrivatePostgres]:
    """The oldest supported PostgreSQL."""
    with PrivatePostgres(oldest=True) as server:
        with psycopg.connect(server.url("postgres")) as connection:
            major = connection.info.server_version // 10_000
        assert f"Supported are versions {major} and " in PAGE
        yield server


def statements() -> tuple[list[str], list[str]]:
    """Return the page's statements before and in the database."""
    before, inside = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    return before.split(";\n")[:-1], inside.split(";\n")[:-1]


def execute(url: str, *lines: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for line in lines:
            connection.execute(line.encode())


def test_two_roles_with_the_rights_of_the_page_migrate_and_serve(
    oldest: PrivatePostgres, tmp_path: Path
) -> None:
    before, inside = statements()
    execute(oldest.url("postgres"), *before)

    def as_role(role: str) -> Server:
        url = f"postgresql://{role}@127.0.0.1:{oldest.port}/xsuaa"
        return Server(tmp_path, database_url=url, workers=1)

    # Each statement in the database is needed: without its rights, something below is refused.
    refused = as_role(OWNER).command("db", "upgrade", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[0] == f"Error: {LACKS}"
    execute(oldest.url("xsuaa"), *inside)
    assert "was upgraded" in as_role(OWNER).command("db", "upgrade").stdout
    with psycopg.connect(oldest.url("xsuaa"), autocommit=True) as superuser:
        superuser.execute("REVOKE USAGE ON SCHEMA public FROM xsuaa_server")
        [line] = as_role(SERVER).command("serve", check=False).stderr.splitlines()
        assert line.endswith(f"{LACKS} It may use no schema of its search_path.")
        superuser.execute("GRANT USAGE ON SCHEMA public TO xsuaa_server")
        superuser.execute("REVOKE UPDATE ON installation FROM xsuaa_server")
        first, cause = as_role(SERVER).command("serve", check=False).stderr.splitlines()[:2]
        assert (first, cause) == (f"Error: {LACKS}", "  permission denied for table installation")
        superuser.execute("GRANT UPDATE ON installation TO xsuaa_server")
    with as_role(SERVER) as server:
        platform = PlatformClient(server.url, server.user, server.password)
        instance, key = a_guid(), a_guid()
        assert platform.provision(instance, a_descriptor()).status_code == 201
        credentials = platform.bind(instance, key).json()["credentials"]
        assert fetch_token(credentials | {"url": server.url}).status_code == 200
        assert server.command("keys", "rotate").returncode == 0
        assert server.command("data-keys", "rotate").returncode == 0
        assert "No inconsistencies found." in server.command("doctor", "check").stdout
        assert platform.unbind(instance, key).status_code == 200
        assert platform.deprovision(instance).status_code == 200
        assert "denied" not in server.log()
        # A server cannot change the schema.
        with psycopg.connect(server.environment["XSUAA_DATABASE_URL"]) as connection:
            for change in ("ALTER TABLE client ADD x int", "CREATE TABLE x (y int)"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(change.encode())
                connection.rollback()


def test_tls_that_the_database_does_not_offer_is_a_clear_error(
    oldest: PrivatePostgres, tmp_path: Path
) -> None:
    """The PostgreSQL of the tests is built without TLS."""
    url = oldest.create_database("tls")
    for mode in ("require", "verify-full"):
        server = Server(tmp_path, database_url=f"{url}?sslmode={mode}")
        refused = server.command("db", "upgrade", check=False)
        assert refused.returncode == 1
        assert "server does not support SSL, but SSL was required" in refused.stderr
