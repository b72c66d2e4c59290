"""Input files of commands: a path, or "-" for standard input."""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any

from broker.errors import ConfigurationError, InvalidRequest
from broker.json_text.reader import MalformedJson, read_json, read_object

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_MAX_ID = 255
_SOLID = re.compile(r"\S")


def json_object(file: IO[bytes] | IO[str]) -> dict[str, Any]:
    """Return the JSON object in the file; raise InvalidRequest if it is not one."""
    try:
        return read_object(file.read())
    except MalformedJson as error:
        raise InvalidRequest.at(name_of(file), error.found, error.allowed) from None


def platform_ids(file: IO[bytes]) -> set[str]:
    """Return the ids in a platform's list; raise ConfigurationError for any other content.

    The list has one id per line, or is JSON: a list of ids, or responses of Cloud Foundry's API
    (``{"resources": [{"guid": …}]}``), one after the other. All pages are required, because
    commands delete what the list lacks.
    """
    data = file.read()
    try:
        text = data.decode(json.detect_encoding(data)).removeprefix("\ufeff").strip()
        if not text.startswith(("[", "{")):
            return _ids(line.strip() for line in text.splitlines() if line.strip())
        documents = list(_documents(text))
        ids = _ids(entry for document in documents for entry in _entries(document))
        _require_all_pages(documents, len(ids))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{name_of(file)}: not a text") from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{name_of(file)}: {error}") from None
    return ids


def require_some_listed(
    file: IO[bytes],
    listed: Collection[str],
    existing: Collection[tuple[str, str]],
    noun: str,
    effect: str,
) -> None:
    """Raise ConfigurationError if a platform has ids and the list contains none of them.

    Such a list is probably of something else. ``existing``: platform and id of each ``noun``;
    ``effect``: what would happen to all of them, for the message.
    """
    by_platform: dict[str, set[str]] = {}
    for platform, each in existing:
        by_platform.setdefault(platform, set()).add(each)
    for platform, ids in by_platform.items():
        if ids.isdisjoint(listed):
            raise ConfigurationError(
                f"{name_of(file)}: none of the {noun} of platform {platform} is in the list (ids in"
                f" the list: {len(listed)}, {noun}: {len(ids)}); all of them would be {effect}."
                " Check the list, or add --allow-empty if the platform really has none of them."
            )


def name_of(file: IO[bytes] | IO[str]) -> str:
    """Return the name of a file for messages; standard input may have none."""
    return str(getattr(file, "name", "<stdin>"))


def _documents(text: str) -> Iterator[Any]:
    """Yield the JSON texts that stand one after the other, as saved pages of a response do."""
    decoder, start = json.JSONDecoder(), 0
    while start < len(text):
        _, end = decoder.raw_decode(text, start)
        yield read_json(text[start:end])
        start = next((found.start() for found in _SOLID.finditer(text, end)), len(text))


def _entries(document: Any) -> Iterator[Any]:
    entries = document.get("resources") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise ValueError("must be a list of ids")  # noqa: TRY004 - reported like other values
    for each in entries:
        yield each.get("guid") if isinstance(each, dict) else each


def _ids(entries: Iterable[Any]) -> set[str]:
    found = set()
    for number, entry in enumerate(entries, 1):
        is_id = isinstance(entry, str) and 1 <= len(entry) <= _MAX_ID and entry.isprintable()
        if not is_id or " " in entry:
            raise ValueError(f"must be a list of ids, but entry {number} is not an id")
        found.add(entry)
    return found


def _require_all_pages(documents: Iterable[Any], count: int) -> None:
    found = (each.get("pagination") for each in documents if isinstance(each, dict))
    pages = [each if isinstance(each, dict) else {} for each in found]
    total = max((_number(page.get("total_results")) for page in pages), default=0)
    if total > count or (pages and all(page.get("next") for page in pages)):
        raise ValueError(
            f"contains {count} of {total or 'more'} entries; request a larger per_page, or append"
            " the other pages"
        )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
