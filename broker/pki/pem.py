"""PEM files that may be cut off, as while they are copied."""

from __future__ import annotations

import re

_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----")
_MARK = b"-----BEGIN"


def require_whole(pem: bytes) -> None:
    """Raise ValueError if the file ends within a PEM block or begins within one.

    A file that was cut between two blocks cannot be distinguished from a shorter one. Text between
    the blocks is allowed.
    """
    position, outside = 0, []
    while begin := _BEGIN.search(pem, position):
        outside.append(pem[position : begin.start()])
        end = b"-----END %s-----" % begin.group(1)
        found = pem.find(end, begin.end())
        if found < 0:
            raise ValueError("the file is truncated")
        position = found + len(end)
    outside.append(pem[position:])
    last_line = outside[-1].rpartition(b"\n")[2]
    if (
        any(b"-----END" in each for each in outside)
        or last_line.startswith(_MARK)
        or (last_line and _MARK.startswith(last_line))
    ):
        raise ValueError("the file is truncated")
