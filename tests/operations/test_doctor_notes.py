"""The notes that ``doctor check`` prints in addition to problems."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from pathlib import Path


def test_applications_that_an_upgrade_lets_use_grants_for_users_are_listed(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        platform = PlatformClient(server.url, server.user, server.password)
        descriptor = a_descriptor() | {"role-templates": [{"name": "Viewer"}]}
        assert platform.provision(a_guid(), descriptor).ok
        with closing(sqlite3.connect(tmp_path / "var" / "xsuaa.db")) as database:
            database.execute("UPDATE client SET grant_types = NULL")
            database.commit()
        upgraded = server.command("db", "upgrade")
        assert "user_grants" in upgraded.stderr
        checked = server.command("doctor", "check")
        assert checked.stdout == "No inconsistencies found.\n"
        assert f"{descriptor['xsappname']}!t1" in checked.stderr
        assert "update grant-types" in checked.stderr
