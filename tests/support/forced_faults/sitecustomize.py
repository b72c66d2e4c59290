"""Loaded by every interpreter that finds this folder on its path: breaks named functions on demand.

FORCED_FAULT_FILE contains the function that fails at present, as ``module:qualified.name``. The
file ``….seen`` beside it receives in hexadecimal what the function was to protect or has created.
Only functions that FORCED_FAULT_SEAMS lists can fail.
"""

import functools
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_FILE = Path(os.environ["FORCED_FAULT_FILE"])
_SEEN = _FILE.with_suffix(".seen")
_SEAMS = os.environ["FORCED_FAULT_SEAMS"].split()


class ForcedFault(Exception):
    """An exception that no code expects."""


def _leaves(value: object) -> Iterator[bytes]:
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, bytes):
        yield value
    else:
        for name in ("text", "private_key"):
            yield from _leaves(getattr(value, name, b""))


def _breakable(seam: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        if _FILE.read_text() != seam:
            return result
        values = [*arguments, *options.values(), result]
        seen = [leaf.hex() for value in values for leaf in _leaves(value) if leaf]
        with _SEEN.open("a") as file:
            file.writelines(f"{line}\n" for line in seen)
        # The result is a local variable of frames that appear in the logged traceback.
        raise ForcedFault(seam)

    return call


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for seam in _SEAMS:
            name, _, path = seam.partition(":")
            if name == module.__name__:
                *owners, last = path.split(".")
                owner = functools.reduce(getattr, owners, module)
                setattr(owner, last, _breakable(seam, getattr(owner, last)))


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in {seam.partition(":")[0] for seam in _SEAMS}:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


sys.meta_path.insert(0, _Finder())
