"""How lists and JSON documents lie in text columns."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from broker.authorization.grant_types import CLIENT_GRANTS
from broker.descriptor.model import CredentialType

if TYPE_CHECKING:
    from collections.abc import Iterable


def json_text(document: object) -> str:
    """Return canonical JSON in pure ASCII: also NUL and lone surrogates survive every database."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_json_text(text: str) -> Any:
    """Return the document."""
    return json.loads(text)


def readable_json(text: object) -> Any:
    """Return the document, None if it is damaged."""
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        return None


def types_text(types: Iterable[str]) -> str:
    """Return the credential types in order, separated by commas."""
    return ",".join(types)


@lru_cache(maxsize=64)
def from_types_text(text: object) -> tuple[str, ...]:
    """Return the credential types in order, those of newer versions as the words that they are."""
    # SQLite keeps whatever it is given: a damaged list accepts nothing.
    return tuple(map(credential_type, text.split(","))) if isinstance(text, str) else ()


def credential_type(word: str) -> str:
    """Return the CredentialType of that name, or the word if only a newer version knows it."""
    try:
        return CredentialType(word)
    except ValueError:
        return word


def words_text(words: Iterable[str]) -> str:
    """Return scopes or grant types separated by spaces, which none of them holds."""
    return " ".join(words)


def from_scopes_text(text: str) -> tuple[str, ...]:
    """Return the scopes in order."""
    return tuple(text.split())


def from_grant_types_text(text: str | None) -> tuple[str, ...]:
    """Return the grant types in order; an older version, which stored none, writes NULL (D-60)."""
    return CLIENT_GRANTS if text is None else tuple(text.split())
