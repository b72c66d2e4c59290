"""Files with credentials: new, for their owner only, and never through a symbolic link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.errors import ConfigurationError
from broker.runtime.state_directory import replace_private, write_private

if TYPE_CHECKING:
    from pathlib import Path


def require_writable(path: Path, *, replace: bool) -> None:
    """Raise ConfigurationError unless ``write`` can create the file, or replace it if allowed."""
    if ".." in path.parts:
        raise ConfigurationError(f"{path}: must not contain ..; name the directory itself")
    folder = path.parent
    if path.is_symlink() or folder.is_symlink():
        linked = path if path.is_symlink() else folder
        raise ConfigurationError(f"{linked} is a symbolic link; name the file itself")
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is not a directory")
    if path.is_dir():
        raise ConfigurationError(f"{path} is a directory")
    if path.exists() and not replace:
        raise ConfigurationError(f"{path} exists; add --force to replace it")


def require_directory(path: Path) -> None:
    """Create a directory with mode 0700 unless it exists; raise ConfigurationError."""
    if ".." in path.parts:
        raise ConfigurationError(f"{path}: must not contain ..; name the directory itself")
    if path.is_symlink() or path.parent.is_symlink():
        raise ConfigurationError(f"{path} is a symbolic link, or below one; name the directory")
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}.") from error


def write(path: Path, text: str, *, replace: bool) -> None:
    """Write the file atomically with mode 0600; raise ConfigurationError.

    A file that appears after ``require_writable`` is not replaced unless ``replace``.
    """
    require_writable(path, replace=replace)
    try:
        if replace:
            replace_private(path, text.encode())
        elif not write_private(path, text.encode):
            raise ConfigurationError(f"{path} exists; add --force to replace it")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}.") from error
