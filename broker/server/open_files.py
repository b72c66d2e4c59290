"""The limit of open files, and with it of connections (D-51)."""

from __future__ import annotations

import resource

_ENOUGH = 65_536


def raise_open_files_limit() -> None:
    """Raise the soft limit of this process and its children to the hard one.

    Many systems set it to 1,024, for programs that use ``select``; this server has none.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
