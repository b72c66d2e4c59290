"""The state directory: files that are created once and readable by their owner only."""

from __future__ import annotations

import base64
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from broker.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BROKER_PASSWORD_FILE = "broker-password"  # noqa: S105 - a file name
ADMIN_PASSWORD_FILE = "admin-password"  # noqa: S105 - a file name
MASTER_KEYS_FILE = "master-keys"


def ensure_directory(path: Path) -> None:
    """Create the state directory with mode 0700; an existing directory stays unchanged.

    Raises ConfigurationError.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"XSUAA_STATE_DIR: cannot create {path} ({error.strerror})."
        ) from error


def clear_directory(path: Path) -> None:
    """Create the directory, or delete the files of an earlier run from it."""
    ensure_directory(path)
    for file in path.iterdir():
        file.unlink()


def generated_password(directory: Path) -> str:
    """Return the broker password of this state directory, generated on first use (D-25)."""
    return _generated_once(directory / BROKER_PASSWORD_FILE, lambda: secrets.token_urlsafe(24))


def generated_admin_password(directory: Path) -> str:
    """Return the password of the user ``admin`` in mode dev, generated on first use (I-24)."""
    return _generated_once(directory / ADMIN_PASSWORD_FILE, lambda: secrets.token_urlsafe(24))


def generated_master_keys(directory: Path) -> str:
    """Return the master keys of this state directory, generated on first use (D-25)."""
    return _generated_once(directory / MASTER_KEYS_FILE, new_master_key)


def new_master_key() -> str:
    """Return a new master key as ``id:base64`` of 32 random bytes."""
    return f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def write_private(path: Path, make: Callable[[], bytes]) -> bool:
    """Create ``path`` with mode 0600 and the result of ``make``, unless the file exists.

    The file is created atomically with its whole content. Returns whether it was.
    """
    if path.exists():
        return False
    with _draft(path, make()) as draft:
        try:
            os.link(draft, path)  # atomic; fails if the file exists
        except FileExistsError:
            return False
        _synchronize(path.parent)
    return True


def replace_private(path: Path, content: bytes) -> None:
    """Replace ``path`` atomically and durably by a file of mode 0600 with this content."""
    with _draft(path, content) as draft:
        draft.replace(path)
        _synchronize(path.parent)


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if os.geteuid() == 0:
                # Files that root replaces stay readable for the server.
                owner = (path if path.exists() else path.parent).stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _synchronize(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _generated_once(path: Path, make: Callable[[], str]) -> str:
    ensure_directory(path.parent)
    write_private(path, lambda: make().encode() + b"\n")
    return generated(path)


def generated(path: Path) -> str:
    """Return the text of a generated file; raise ConfigurationError if it is empty."""
    text = path.read_text().strip()
    if not text:
        raise ConfigurationError(f"{path} is empty; delete it to generate a new one.")
    return text
