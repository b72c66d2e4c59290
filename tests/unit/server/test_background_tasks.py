"""A task of the supervisor that takes long does not delay the comparison of revocations (D-62)."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.databases import place_migrated_file
from tests.support.forks import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import os, threading, time
from broker.composition.administration import open_store, prepare_store
from broker.server.background_tasks import start_background_tasks
from broker.settings.environment import load_settings
from broker.store.rollback.counts import revocation_file

settings = load_settings()
prepare_store(settings)

def renew():
    revocation_file(open_store(settings).engine).raise_to(5)
    threading.Event().wait()

watch = start_background_tasks(settings, renew)
give_up = time.monotonic() + 30
while not watch.problem and time.monotonic() < give_up:
    time.sleep(0.05)
print(watch.problem)
"""


def test_a_file_put_back_is_found_while_another_task_runs(tmp_path: Path) -> None:
    place_migrated_file(tmp_path / "xsuaa.db")
    environment = {name: value for name, value in os.environ.items() if name[:6] != "XSUAA_"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment | {"XSUAA_MODE": "dev", "XSUAA_STATE_DIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "has 1 revocations, the state directory has counted 5" in done.stdout
