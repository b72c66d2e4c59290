"""Loaded by every interpreter that finds this folder on its path: adds a grant that waits.

A request with ``grant_type=password`` appends a line to the file that SLOW_GRANT_INSIDE_FILE names,
waits until the file exists that SLOW_GRANT_GO_ON_FILE names, and gets a client-credentials token.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from broker.authentication.client import AuthenticatedClient
    from broker.tokens.grant import Grant, IssuedToken

_ENDPOINT = "broker.oauth.token.endpoint"
_INSIDE = Path(os.environ["SLOW_GRANT_INSIDE_FILE"])
_GO_ON = Path(os.environ["SLOW_GRANT_GO_ON_FILE"])


@dataclass(frozen=True)
class _SlowGrant:
    """Waits like a grant that calls an identity provider or a database."""

    ordinary: Grant

    grant_type = "password"

    def issue(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> IssuedToken:
        with _INSIDE.open("a") as file:
            file.write("inside\n")
        while not _GO_ON.exists():
            time.sleep(0.01)
        return self.ordinary.issue(client, parameters)


def _add_slow_grant(endpoint: Any) -> None:
    """Register the grant with each token endpoint."""
    original = endpoint.__init__

    def init(self: Any, authentication: Any, grants: Any, batchable: Any, observer: Any) -> None:
        slow = _SlowGrant(batchable)
        original(self, authentication, {**grants, slow.grant_type: slow}, batchable, observer)

    endpoint.__init__ = init


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _add_slow_grant(module.TokenEndpoint)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != _ENDPOINT:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


sys.meta_path.insert(0, _Finder())
