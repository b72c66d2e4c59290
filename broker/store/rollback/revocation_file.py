"""The count of revocations in the state directory, outside of the SQLite file (D-62).

A JSON object with one member per database: the absolute path of its file and its count.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from broker.compact_json import compact_json
from broker.errors import StoreUnavailable
from broker.json_text.reader import MalformedJson, read_object
from broker.runtime.deadline import seconds_left
from broker.runtime.state_directory import ensure_directory, replace_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REVOCATIONS_FILE = "revocations.json"

_PAUSE_SECONDS = 0.001


class RevocationFile:
    """The count of one database; all processes of the host share the file, and it only rises."""

    def __init__(self, directory: Path, database: Path, lock_timeout: float) -> None:
        """``directory``: the state directory, ``database``: the SQLite file.

        ``lock_timeout``: seconds to wait for other writers; a request's deadline shortens it.
        """
        self.database = database.absolute()
        self._directory = directory.absolute()
        self._path = self._directory / REVOCATIONS_FILE
        self._name = str(self.database.resolve())
        self._lock_timeout = lock_timeout

    def read(self) -> int | None:
        """Return the count, None without one; raise StoreUnavailable if it cannot be read."""
        return self._counts().get(self._name)

    def raise_to(self, count: int, *, always: bool = False) -> None:
        """Store the count durably unless the file has a higher one.

        ``always`` writes the file in any case, to find out whether that is possible. Raises
        StoreUnavailable; then the file is as before.
        """
        try:
            with self._locked():
                counts = self._counts()
                before = counts.get(self._name, -1)
                if before < count or always:
                    counts = {**counts, self._name: max(before, count)}
                    replace_private(self._path, compact_json(counts) + b"\n")
        except OSError as error:
            raise _unusable("cannot be written", error) from error

    def prepare(self) -> None:
        """Create the state directory if it is missing; raise ConfigurationError."""
        ensure_directory(self._directory)

    def _counts(self) -> Mapping[str, int]:
        try:
            counts = read_object(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unusable("cannot be read", error) from error
        except MalformedJson as error:
            raise _damaged(error.found) from error
        for count in counts.values():
            if type(count) is not int or count < 0:
                raise _damaged("a count that is no number")
        return counts

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # The directory, because the file is replaced. The lock ends with the process.
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            give_up = time.monotonic() + seconds_left(self._lock_timeout)
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > give_up:
                        raise
                    time.sleep(_PAUSE_SECONDS)
                else:
                    break
            yield
        finally:
            os.close(descriptor)


def _unusable(what: str, error: OSError) -> StoreUnavailable:
    return StoreUnavailable(f"XSUAA_STATE_DIR: {REVOCATIONS_FILE} {what} ({error.strerror}).")


def _damaged(found: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"XSUAA_STATE_DIR: {REVOCATIONS_FILE} is damaged ({found}). Delete it, and run: python -m"
        " broker doctor reconcile (or doctor unlock, if no database was put back from a copy)."
    )
