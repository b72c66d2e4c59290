"""The actor of all commands in the audit trail."""

from __future__ import annotations

import getpass
from uuid import uuid4

from broker.audit.actor import Actor, ActorKind


def operator(platform: str = "") -> Actor:
    """Return the operating-system user as actor; ``platform`` owns the instance concerned."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may run under a user id without a name
        user = ""
    return Actor(ActorKind.COMMAND_LINE, user, platform, correlation_id=str(uuid4()))
