"""No log of any server may contain a secret or token that the test run created."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SECRET_MEMBERS = frozenset({"clientsecret", "access_token", "id_token", "refresh_token", "key"})
_SHORTEST = 20

# As they stand in text: base64 and its url-safe form, the separators of our secrets and of JWTs.
_WORD = re.compile(r"[A-Za-z0-9_\-$+/.]{20,}")
_JWT = re.compile(r"eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]+\.")
_PRIVATE_KEY = "PRIVATE KEY-----"


class Minted:
    """Remembers secrets in every form in which they might be written down."""

    def __init__(self) -> None:
        """Start without secrets."""
        self._words: set[str] = set()

    def __len__(self) -> int:
        return len(self._words)

    def remember(self, document: Any) -> None:
        """Remember the secrets in a JSON document of a response."""
        for credentials in _objects_in(document):
            for name, value in credentials.items():
                if name in _SECRET_MEMBERS and isinstance(value, str):
                    self._add(value)
            client, secret = credentials.get("clientid"), credentials.get("clientsecret")
            if isinstance(client, str) and isinstance(secret, str):
                self._add(base64.b64encode(f"{client}:{secret}".encode()).decode())

    def remember_answer(self, body: bytes) -> None:
        """Remember the secrets in the body of a response, if it is JSON."""
        try:
            self.remember(json.loads(body))
        except ValueError:
            return

    def _add(self, secret: str) -> None:
        for word in (secret, secret.rpartition("$")[2]):
            if len(word.rstrip("=")) >= _SHORTEST:
                self._words.add(word.rstrip("="))

    def lines_with_secrets(self, logs: Iterable[Path]) -> Iterator[str]:
        """Yield the places of secrets, tokens and private keys, never the values."""
        for log in logs:
            for number, line in enumerate(log.read_text(errors="replace").splitlines(), 1):
                if self._is_in(line):
                    yield f"{log}:{number}"

    def _is_in(self, line: str) -> bool:
        if _PRIVATE_KEY in line or _JWT.search(line):
            return True
        return any(
            part in self._words
            for text in {line, unquote(line)}
            for word in _WORD.findall(text)
            for part in (word, word.rpartition("$")[2])
        )


def _objects_in(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from _objects_in(part)


MINTED = Minted()
"""The secrets of this test run."""

LOGS: list[Path] = []
"""The logs of all servers of this test run."""
