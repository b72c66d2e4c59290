"""Who runs a command, for the audit trail: one form for all commands."""

from __future__ import annotations

import getpass
from uuid import uuid4

from broker.audit.actor import Actor, ActorKind


def operator(platform: str = "") -> Actor:
    """Return the user of this machine, acting on service instances of this platform, if of any."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        user = ""
    return Actor(ActorKind.COMMAND_LINE, user, platform, correlation_id=str(uuid4()))
