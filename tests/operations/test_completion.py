"""A server completes what servers of an earlier version write beside it (D-24, I-G1, D-57)."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

from tests.support.platform import APIACCESS, PlatformClient, a_descriptor, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE_SECONDS = 120
OLDER = """
UPDATE client SET epoch = epoch + 1, declared_epoch = declared_epoch + 1, approved_at = NULL;
UPDATE zone SET grants_epoch = grants_epoch + 1;
"""
OUTDATED = """
SELECT count(*) FROM client
JOIN service_instance ON service_instance.client_row_id = client.id
LEFT JOIN client_setting ON client_setting.id = client.id
WHERE client_setting.epoch IS NOT client.epoch
"""
UNAPPROVED = "SELECT count(*) FROM client WHERE approved_at IS NULL AND client_id LIKE '%!a%'"


def test_clients_that_an_older_version_changes_are_completed(tmp_path: Path) -> None:
    with Server(tmp_path, workers=1) as server:
        platform = PlatformClient(server.url, server.user, server.password)
        assert platform.provision(a_guid(), a_descriptor()).status_code == 201
        assert platform.provision(a_guid(), plan_id=APIACCESS).status_code == 201
        with closing(sqlite3.connect(tmp_path / "var" / "xsuaa.db", timeout=60)) as database:
            database.executescript(OLDER)
            database.commit()
            give_up = time.monotonic() + _PATIENCE_SECONDS
            while any(database.execute(query).fetchone()[0] for query in (OUTDATED, UNAPPROVED)):
                assert time.monotonic() < give_up, server.log()
                time.sleep(0.05)
