"""Files of the operator that are replaced while servers run, such as certificates.

The supervisor reads and checks them and publishes the accepted contents to all processes that it
forks. So every worker uses the same contents, also a worker that starts while a file is broken.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from broker.runtime.shared_value import SharedValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Check = Callable[[Sequence[bytes]], None]

_MAX_BYTES: Final = 2 * 1024 * 1024
"""Of one file; far more than the CAs of a browser."""

_LENGTH: Final = struct.Struct("=Q")

_log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of the files since they were read before."""

    UNCHANGED = "unchanged"
    RENEWED = "renewed"
    REFUSED = "refused"


class NoContents(Exception):
    """The files could not be used so far; the cause is the latest error."""


class Contents(Protocol):
    """The accepted contents of files that belong together."""

    def current(self) -> tuple[bytes, ...]:
        """Return the contents, the same object until they change; raise NoContents."""


class WatchedFiles:
    """Files that belong together, read again when one of them changes.

    Contents that are refused replace no accepted ones.
    """

    def __init__(self, name: str, files: Sequence[Path], check: Check) -> None:
        """``check`` raises OSError or ValueError for unusable contents; nothing is read yet."""
        self.name = name
        self.error: Exception | None = None
        """Why the present files are not used; None if they are."""
        self.paths = tuple(files)
        self._check = check
        self.accepted: tuple[bytes, ...] | None = None
        """The latest usable contents, None before the first ones."""
        self._examined: object = None
        self._doubtful: object = None

    def current(self) -> tuple[bytes, ...]:
        """Return the latest usable contents; raise NoContents."""
        self.refresh()
        if self.accepted is None:
            raise NoContents from self.error
        return self.accepted

    def refresh(self, *, patiently: bool = False) -> Outcome:
        """Read the files if they have changed; log a refusal once.

        With ``patiently``, unusable contents are refused at the second call: a certificate and
        its key are rarely replaced at the same moment.
        """
        version = self._version()
        if version == self._examined:
            return Outcome.REFUSED if self.error else Outcome.UNCHANGED
        try:
            contents = tuple(map(_content, self.paths))
            self._check(contents)
        except (OSError, ValueError) as error:
            return self._refuse(version, error, patiently=patiently)
        if version != self._version():
            return Outcome.UNCHANGED  # replaced while they were read
        return self._accept(version, contents)

    def _refuse(self, version: object, error: Exception, *, patiently: bool) -> Outcome:
        if patiently and version != self._doubtful:
            self._doubtful = version
            return Outcome.UNCHANGED
        self._examined, self.error = version, error
        _log.warning(
            f"{self.name} cannot be used; the previous content stays in use"
            if self.accepted
            else f"{self.name} cannot be used",
            error=str(error) or type(error).__name__,
        )
        return Outcome.REFUSED

    def _accept(self, version: object, contents: tuple[bytes, ...]) -> Outcome:
        previous, self.accepted = self.accepted, contents
        was_refused, self._examined, self.error = self.error is not None, version, None
        if was_refused:
            _log.info(f"{self.name} can be used again")
        if contents == previous:
            self.accepted = previous
            return Outcome.UNCHANGED
        if previous is not None:
            _log.info(f"{self.name} has changed and is used for new connections")
        return Outcome.RENEWED

    def _version(self) -> object:
        """Return what changes with the files, also behind a symbolic link that is replaced."""
        try:
            found = [file.stat() for file in self.paths]
        except OSError as error:
            return error.errno
        return [
            (each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns)
            for each in found
        ]


def _content(file: Path) -> bytes:
    content = file.read_bytes()
    if len(content) > _MAX_BYTES:
        raise ValueError(f"{len(content)} bytes; allowed: at most {_MAX_BYTES}")
    return content


@dataclass(frozen=True, slots=True)
class _State:
    """What the supervisor publishes about files that belong together."""

    contents: tuple[bytes, ...] | None
    is_refused: bool

    def packed(self) -> bytes:
        """Return it as bytes, for ``unpacked``."""
        contents = self.contents or ()
        parts = [_LENGTH.pack(len(each)) + each for each in contents]
        return b"".join([bytes([self.is_refused]), *parts])

    @classmethod
    def unpacked(cls, value: bytes) -> _State:
        """Return the state that was packed."""
        parts, position = [], 1
        while position < len(value):
            (length,) = _LENGTH.unpack_from(value, position)
            position += _LENGTH.size + length
            parts.append(value[position - length : position])
        return cls(tuple(parts) or None, is_refused=bool(value[0]))


class PublishedFiles:
    """Watched files of the supervisor, and their accepted contents in all of its processes."""

    def __init__(self, files: WatchedFiles) -> None:
        """Read the files, and publish them to processes that are forked later."""
        self.name = files.name
        self._files = files
        self._shared = SharedValue(len(files.paths) * (_MAX_BYTES + _LENGTH.size) + 1)
        self._seen = 0, _State(None, is_refused=True)
        self.refresh()

    def refresh(self, *, patiently: bool = False) -> Outcome:
        """Read the files again, in the supervisor only; see WatchedFiles."""
        outcome = self._files.refresh(patiently=patiently)
        state = _State(self._files.accepted, is_refused=self._files.error is not None)
        if state != self._state():
            self._shared.publish(state.packed())
        return outcome

    def current(self) -> tuple[bytes, ...]:
        """Return the contents that the supervisor accepted last; raise NoContents."""
        contents = self._state().contents
        if contents is None:
            raise NoContents
        return contents

    @property
    def is_refused(self) -> bool:
        """Whether the present files cannot be used."""
        return self._state().is_refused

    def _state(self) -> _State:
        generation, state = self._seen
        if self._shared.generation != generation:
            generation, value = self._shared.read()
            state = _State.unpacked(value)
            if state.contents == self._seen[1].contents:
                # Callers compare identities.
                state = _State(self._seen[1].contents, state.is_refused)
            self._seen = generation, state
        return state


_published: dict[tuple[Path, ...], PublishedFiles] = {}


def publish(name: str, files: Sequence[Path], check: Check) -> PublishedFiles:
    """Publish the contents of files to the processes that this one forks later."""
    published = _published[tuple(files)] = PublishedFiles(WatchedFiles(name, files, check))
    return published


def published_files() -> list[PublishedFiles]:
    """Return what the supervisor publishes; nothing in a process without one."""
    return list(_published.values())


def contents_of(name: str, files: Sequence[Path], check: Check) -> Contents:
    """Return the published contents of these files; without a supervisor, read them here."""
    return _published.get(tuple(files)) or WatchedFiles(name, files, check)
