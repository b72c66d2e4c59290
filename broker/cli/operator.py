"""Who runs a command, for the audit trail."""

from __future__ import annotations

import getpass
from uuid import uuid4

from broker.audit.actor import Caller


def operator() -> Caller:
    """Return the user of this machine as the caller, on no platform."""
    try:
        user = getpass.getuser()
    except OSError:  # a container may run under a number without a name
        user = ""
    return Caller("", {"platform": "command line", "value": {"username": user}}, str(uuid4()))
