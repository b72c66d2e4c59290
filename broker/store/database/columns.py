"""Encoding of lists and JSON documents in text columns."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from broker.authorization.grant_types import CLIENT_GRANTS
from broker.descriptor.model import CredentialType

if TYPE_CHECKING:
    from collections.abc import Iterable


def json_text(document: object) -> str:
    """Return canonical JSON in ASCII, so that every database can store NUL and lone surrogates."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_json_text(text: str) -> Any:
    """Return the document; raise ValueError if it is damaged."""
    return json.loads(text)


def readable_json(text: object) -> Any:
    """Return the document, None if it is damaged."""
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        return None


def types_text(types: Iterable[str]) -> str:
    """Return the credential types in order, comma-separated."""
    return ",".join(types)


@lru_cache(maxsize=64)
def from_types_text(text: object) -> tuple[str, ...]:
    """Return the credential types in order; types of newer versions as plain strings."""
    # SQLite does not enforce column types; a damaged list accepts no type.
    return tuple(map(credential_type, text.split(","))) if isinstance(text, str) else ()


def credential_type(word: str) -> str:
    """Return the CredentialType, or the string itself for a type of a newer version."""
    try:
        return CredentialType(word)
    except ValueError:
        return word


def words_text(words: Iterable[str]) -> str:
    """Return scopes or grant types separated by spaces; none of them contains a space."""
    return " ".join(words)


def from_scopes_text(text: str) -> tuple[str, ...]:
    """Return the scopes in order."""
    return tuple(text.split())


def from_grant_types_text(text: str | None) -> tuple[str, ...]:
    """Return the grant types in order; NULL was written by a version that stored none (D-60)."""
    return CLIENT_GRANTS if text is None else tuple(text.split())
