"""Processes that end with their parent, however that one ends: no orphan keeps a port."""

from __future__ import annotations

import os
import threading
import time

_CHECK_SECONDS = 0.5


def end_with_parent(parent: int) -> None:
    """End this process as soon as ``parent`` is no longer its parent.

    The parent's id is handed down: who asks for it here may have lost it already. Imports little,
    so that the watch begins before anything that takes time.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_CHECK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
