"""A process ends with its parent, regardless of how the parent ends."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.server import ROOT

CHILD = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from broker.server.parent_watch import exit_with_parent
exit_with_parent(int(sys.argv[2]))
print("watching", flush=True)
sys.stdin.read()
"""


def child_of(parent: int) -> subprocess.Popen[bytes]:
    """Start a process that watches this parent, and ends by itself when its input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(ROOT), str(parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_a_process_whose_parent_is_gone_ends_by_itself() -> None:
    """Including a process whose parent ended before the watch began."""
    with child_of(parent=1 if os.getppid() != 1 else 2) as orphan:
        assert orphan.wait() == 1


def test_a_process_with_its_parent_stays() -> None:
    with child_of(os.getpid()) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"watching\n"
        assert child.poll() is None
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait() == 0
