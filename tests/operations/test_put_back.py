"""A SQLite file put back from a copy does not re-activate what was revoked since (D-62)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.operations.test_restore import bound
from tests.support.application import token_status
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = credential_types("binding-secret", "instance-secret")


class Files:
    """The files of a server: its database, a copy, and the count of revocations."""

    def __init__(self, directory: Path) -> None:
        self.database = directory / "var" / "xsuaa.db"
        self.copy = directory / "copy.db"
        self.count = directory / "var" / "revocations.json"

    def take_copy(self) -> None:
        """Copy the file of a stopped server, which is complete without its write-ahead log."""
        shutil.copy(self.database, self.copy)

    def put_back(self) -> None:
        """Replace the database, as an operator or an attacker does.

        A write-ahead log remains only while the server runs.
        """
        for suffix in ("-wal", "-shm"):
            self.database.with_name(f"xsuaa.db{suffix}").unlink(missing_ok=True)
        placed = self.copy.with_name("placed.db")
        shutil.copy(self.copy, placed)
        placed.replace(self.database)

    def counts(self) -> tuple[int, int]:
        """Return the counts in database and file."""
        with closing(sqlite3.connect(self.database)) as connection:
            [(in_database,)] = connection.execute("SELECT revocations FROM installation")
        [in_file] = json.loads(self.count.read_text()).values()
        return in_database, in_file


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path) as running:
        yield running


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_file_put_back_is_locked_at_the_start_and_while_the_server_runs(
    server: Server, files: Files
) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=BOTH)).ok
    kept = bound(platform, server, instance)
    deleted = [bound(platform, server, instance) for _ in range(6)]
    first = files.counts()
    server.stop()
    files.take_copy()

    server.start()
    with ThreadPoolExecutor(6) as threads:
        ended = list(threads.map(lambda each: platform.unbind(instance, each["binding"]), deleted))
    assert all(each.ok for each in ended)
    in_database, in_file = files.counts()
    assert in_database == in_file == first[0] + len(deleted)
    files.put_back()
    assert server.wait() == 1
    put_back = f"it has {first[0]} revocations, the state directory has counted {in_file}."
    assert put_back in server.log()

    # Not yet locked; a command that revokes something would let its count catch up.
    revoking = ("instances", "delete", instance, "--yes")
    for command in (("doctor", "check"), revoking):
        found = server.command(*command, check=False)
        assert found.returncode == 1
        assert put_back in found.stdout + found.stderr
    require_locked(server, put_back)

    reconcile = ("doctor", "reconcile", "--log", str(server.log_file))
    done = server.command(*reconcile, "--apply").stdout
    assert f"Deleted binding {deleted[0]['binding']}" in done
    settled = files.counts()
    assert settled[0] == settled[1] > in_file
    server.start()
    assert [token_status(each) for each in (kept, *deleted[:2])] == [200, 401, 401]
    server.stop()

    files.put_back()
    require_locked(server, f"it has {first[0]} revocations")
    server.command("doctor", "unlock", "--yes")
    assert files.counts() == (settled[1] + 1, settled[1] + 1)
    assert server.command("doctor", "check").stdout == "No inconsistencies found.\n"
    files.put_back()
    require_locked(server, f"it has {first[0]} revocations")


def require_locked(server: Server, reason: str) -> None:
    refused = server.command("serve", check=False)
    assert refused.returncode == 1
    for text in ("The database is locked.", reason, "doctor reconcile", "doctor unlock"):
        assert text in refused.stderr


def test_a_lost_count_is_taken_over_in_mode_dev_and_locks_in_production(
    server: Server, files: Files
) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=BOTH)).ok
    assert platform.deprovision(instance).ok
    counts = files.counts()
    server.stop()
    files.count.unlink()
    missing = "XSUAA_STATE_DIR: the directory has no count of the revocations in this database."
    dev = dict(server.environment)
    master_keys = (files.count.parent / "master-keys").read_text().strip()
    server.environment |= {
        "XSUAA_MODE": "production",
        "XSUAA_MASTER_KEYS": master_keys,
        "XSUAA_BROKER_PASSWORD": server.password,
    }
    require_locked(server, missing)
    refused = server.command("doctor", "check", check=False)
    assert "not counted in the state directory" in refused.stdout
    server.environment = dev
    server.start()
    assert files.counts() == counts
    assert "no count of revocations found" in server.log()
