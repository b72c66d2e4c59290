"""Files of the state directory: created once, atomically, and for their owner only (D-25)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from broker.errors import ConfigurationError
from broker.runtime.state_directory import (
    BROKER_PASSWORD_FILE,
    MASTER_KEYS_FILE,
    clear_directory,
    ensure_directory,
    generated_master_keys,
    generated_password,
    new_master_key,
    replace_private,
    write_private,
)
from broker.settings.master_keys import parse_master_keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_directory_is_its_owner_s_and_an_existing_one_stays(tmp_path: Path) -> None:
    new = tmp_path / "a" / "b"
    ensure_directory(new)
    assert mode(new) == 0o700
    new.chmod(0o755)
    ensure_directory(new)
    assert mode(new) == 0o755


def test_a_place_where_none_can_be_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError):
        ensure_directory(tmp_path / "file")


def test_a_cleared_directory_keeps_nothing_of_an_earlier_run(tmp_path: Path) -> None:
    clear_directory(tmp_path / "new")
    (tmp_path / "new" / "old").touch()
    clear_directory(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    ("make", "name"),
    [(generated_password, BROKER_PASSWORD_FILE), (generated_master_keys, MASTER_KEYS_FILE)],
)
def test_a_secret_is_created_once_and_private(tmp_path: Path, make: object, name: str) -> None:
    assert callable(make)
    directory = tmp_path / "state"
    first = make(directory)
    assert make(directory) == first
    assert (directory / name).read_text() == f"{first}\n"
    assert mode(directory / name) == 0o600
    assert make(tmp_path / "other") != first
    assert [file.name for file in directory.iterdir()] == [name]


def test_an_empty_file_is_reported_and_not_used(tmp_path: Path) -> None:
    (tmp_path / BROKER_PASSWORD_FILE).write_text("\n")
    with pytest.raises(ConfigurationError):
        generated_password(tmp_path)


def test_a_master_key_is_one_that_the_settings_accept() -> None:
    [(key_id, key)] = parse_master_keys(new_master_key()).items()
    assert (len(key_id), len(key)) == (9, 32)


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, lambda: b"first")
    write_private(path, lambda: pytest.fail("made again"))
    assert path.read_bytes() == b"first"


def test_of_two_that_write_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def overtaken() -> bytes:
        write_private(path, lambda: b"first")
        return b"second"

    write_private(path, overtaken)
    assert path.read_bytes() == b"first"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_replaced_file_is_its_owner_s(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    replace_private(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_failed_creation_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise KeyError

    with pytest.raises(KeyError):
        write_private(tmp_path / "file", fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_root_stays_readable_for_the_server(tmp_path: Path) -> None:
    """A command run by root; the server runs as the owner of the directory and its files."""
    os.chown(tmp_path, 10001, 10002)
    path = tmp_path / "file"
    replace_private(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (10001, 10002)
    os.chown(path, 10003, 10004)
    replace_private(path, b"newer")
    assert (path.stat().st_uid, path.stat().st_gid) == (10003, 10004)


def test_file_and_directory_are_synchronized(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order, so that a power failure leaves either the old or the new content."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noting_fsync(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        done.append(kind)
        fsync(descriptor)

    def noting_replace(source: Path, target: Path) -> Path:
        done.append("rename")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "replace", noting_replace)
    replace_private(tmp_path / "file", b"new")
    assert done == ["file", "rename", "directory"]
    done.clear()
    write_private(tmp_path / "other", lambda: b"new")
    assert done == ["file", "directory"]
