"""Processes that exit when their parent ends, so that no orphan occupies a port."""

from __future__ import annotations

import os
import threading
import time

_CHECK_SECONDS = 0.5


def exit_with_parent(parent: int) -> None:
    """Exit this process as soon as the process id ``parent`` is no longer its parent's.

    The caller passes the id, because the parent may have ended already. This module imports little,
    so that the watch starts before slow imports.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_CHECK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
