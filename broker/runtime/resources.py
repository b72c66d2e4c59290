"""Paths of resource files: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def resource(name: str) -> Path:
    """Return the path of ``migrations`` or ``catalog.yaml`` in a checkout or a wheel."""
    packaged = _PACKAGE / "resources" / name
    return packaged if packaged.exists() else _PACKAGE.parent / name
