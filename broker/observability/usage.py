"""Counts the use of credentials, and writes it to the store (D-22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from broker.credentials.usage import UsageCounts
from broker.errors import BrokerError
from broker.runtime.deadline import clear_deadline, set_deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.clock import Clock
    from broker.credentials.usage import Usage
    from broker.errors import AuthenticationFailed

_log = structlog.get_logger(__name__)

_WRITE_SECONDS = 5.0
"""How long one write may wait for locks."""

_NO_CREDENTIAL = 0
"""No row has this id."""


class UsageRecorder:
    """Observes the token service; ``flush`` writes what was counted since the previous call."""

    def __init__(
        self,
        write: Callable[[Mapping[int, Usage]], Mapping[int, Usage]],
        clock: Clock,
        on_count: Callable[[], None],
    ) -> None:
        """``write`` returns what it could not write, or raises BrokerError.

        ``on_count`` is called after each count.
        """
        self._write = write
        self._clock = clock
        self._on_count = on_count
        self._counts = UsageCounts()

    def accepted(self, client: AuthenticatedClient) -> None:
        """Count the use of this credential."""
        self._counts.accept(
            client.credential_id,
            self._clock.now(),
            by_previous_secret=client.by_previous_secret,
        )
        self._on_count()

    def refused(self, error: AuthenticationFailed) -> None:
        """Count the refusal; that of no credential is not written, and costs the same (D-17)."""
        self._counts.refuse(error.credential_id or _NO_CREDENTIAL, self._clock.now())
        self._on_count()

    def rejected(self, code: str) -> None:
        """Ignore it: the credential was right, or there was none."""

    def issued(self, grant_type: str, client: AuthenticatedClient) -> None:
        """Ignore it: the use was counted when the client was accepted."""

    def flush(self) -> bool:
        """Write what was counted; what cannot be written is kept for the next call.

        Returns whether another call may write more. Not to be called by two threads at a time.
        """
        counted = self._counts.take()
        taken = {row_id: use for row_id, use in counted.items() if row_id != _NO_CREDENTIAL}
        if not taken:
            return False
        set_deadline(_WRITE_SECONDS)
        try:
            left = self._write(taken)
        except BrokerError as error:
            _log.warning("use of credentials not written", error=str(error))
            self._counts.put_back(taken)
            return False
        finally:
            clear_deadline()
        self._counts.put_back(left)
        return bool(left)
