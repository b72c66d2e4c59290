"""Files with credentials are new, private, and never reached through a link."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from broker.cli.platform import private_files
from broker.cli.platform.private_files import require_directory, write
from broker.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write(tmp_path / "a", "text", replace=False)
        require_directory(tmp_path / "d")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o700
    assert (tmp_path / "a").read_text() == "text"


def test_an_existing_file_is_replaced_on_request_only(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("before")
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="exists; add --force"):
        write(file, "after", replace=False)
    assert file.read_text() == "before"
    write(file, "after", replace=True)
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("after", 0o600)
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_appears_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_text("other")
    monkeypatch.setattr(private_files, "require_writable", lambda *_, **__: None)
    with pytest.raises(ConfigurationError, match="exists"):
        write(file, "mine", replace=False)
    assert file.read_text() == "other"


@pytest.mark.parametrize("replace", [False, True])
def test_links_are_not_followed(tmp_path: Path, *, replace: bool) -> None:
    target = tmp_path / "target"
    target.write_text("before")
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    (tmp_path / "linked").symlink_to(folder)
    for name in ("link", "dangling", "linked/a"):
        with pytest.raises(ConfigurationError, match="symbolic link"):
            write(tmp_path / name, "after", replace=replace)
    with pytest.raises(ConfigurationError, match="symbolic link"):
        require_directory(tmp_path / "linked")
    assert target.read_text() == "before"
    assert not (tmp_path / "absent").exists()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["../a", "b/../a", "absent/a", "."])
def test_other_places_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError):
        write(tmp_path / name, "text", replace=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../a", "absent/a/b"])
def test_other_directories_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError):
        require_directory(tmp_path / name)
