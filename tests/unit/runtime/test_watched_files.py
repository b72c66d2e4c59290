"""Files that are replaced while a server runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from broker.runtime import watched_files
from broker.runtime.watched_files import (
    NoContents,
    Outcome,
    PublishedFiles,
    WatchedFiles,
    contents_of,
    publish,
    published_files,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def pair(contents: Sequence[bytes]) -> None:
    """Accept two equal contents."""
    if contents[0] != contents[1]:
        raise ValueError("they differ")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two files that belong together."""
    paths = tmp_path / "a", tmp_path / "b"
    write(paths, "1", "1")
    return paths


def write(files: Sequence[Path], *texts: str) -> None:
    """Replace the files by renaming."""
    for file, text in zip(files, texts, strict=True):
        draft = file.with_suffix(".new")
        draft.write_text(text)
        draft.replace(file)


def test_the_contents_are_the_same_object_until_they_change(files: tuple[Path, Path]) -> None:
    watched = WatchedFiles("pair", files, pair)
    first = watched.current()
    assert first == (b"1", b"1")
    assert watched.current() is first
    write(files, "1", "1")
    assert watched.current() is first
    write(files, "2", "2")
    assert watched.current() == (b"2", b"2")


def test_a_symbolic_link_that_is_replaced_is_a_change(tmp_path: Path) -> None:
    link = tmp_path / "link"
    for text in ("1", "2"):
        target = tmp_path / f"target-{text}"
        target.write_text(text)
        os.utime(target, (1, 1))
    link.symlink_to("target-1")
    watched = WatchedFiles("linked", [link], lambda _: None)
    assert watched.current() == (b"1",)
    (tmp_path / "new").symlink_to("target-2")
    (tmp_path / "new").replace(link)
    assert watched.current() == (b"2",)


def test_broken_files_replace_nothing_and_are_logged_once_per_state(
    files: tuple[Path, Path],
) -> None:
    watched = WatchedFiles("pair", files, pair)
    watched.refresh()
    with capture_logs() as logged:
        write(files, "1", "2")
        outcomes = [watched.refresh() for _ in range(3)]
        assert watched.current() == (b"1", b"1")
        files[0].unlink()
        outcomes += [watched.refresh() for _ in range(3)]
    assert set(outcomes) == {Outcome.REFUSED}
    assert watched.error
    assert [each["log_level"] for each in logged] == ["warning", "warning"]
    write(files, "3", "3")
    assert [watched.refresh(), watched.refresh()] == [Outcome.RENEWED, Outcome.UNCHANGED]
    assert watched.error is None


def test_patience_waits_for_the_second_file(files: tuple[Path, Path]) -> None:
    watched = WatchedFiles("pair", files, pair)
    watched.refresh()
    with capture_logs() as logged:
        write(files[:1], "2")
        assert watched.refresh(patiently=True) is Outcome.UNCHANGED
        write(files[1:], "2")
        assert watched.refresh(patiently=True) is Outcome.RENEWED
        assert [each["log_level"] for each in logged] == ["info"]
        write(files[:1], "3")
        watched.refresh(patiently=True)
        assert watched.refresh(patiently=True) is Outcome.REFUSED
    assert watched.current() == (b"2", b"2")


def test_without_usable_files_there_are_no_contents(files: tuple[Path, Path]) -> None:
    write(files, "1", "2")
    watched = WatchedFiles("pair", files, pair)
    published = PublishedFiles(watched)
    for each in (watched, published):
        with pytest.raises(NoContents):
            each.current()
    assert published.is_refused


def test_a_huge_file_is_refused(files: tuple[Path, Path]) -> None:
    watched = WatchedFiles("pair", files, pair)
    watched.refresh()
    huge = "x" * (3 * 1024 * 1024)
    write(files, huge, huge)
    assert watched.refresh() is Outcome.REFUSED


def test_accepted_contents_and_refusals_are_published(files: tuple[Path, Path]) -> None:
    published = PublishedFiles(WatchedFiles("pair", files, pair))
    first = published.current()
    assert first == (b"1", b"1")
    write(files, "1", "2")
    assert published.current() is first  # the supervisor has not read them
    published.refresh()
    assert published.current() is first
    assert published.is_refused
    write(files, "2", "2")
    published.refresh()
    assert published.current() == (b"2", b"2")
    assert not published.is_refused


def test_published_contents_come_first(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_files, "_published", {})
    assert published_files() == []
    assert isinstance(contents_of("pair", files, pair), WatchedFiles)
    published = publish("pair", files, pair)
    assert contents_of("pair", files, pair) is published
    assert published_files() == [published]
