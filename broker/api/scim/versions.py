"""Versions of resources: ``ETag``."""

from __future__ import annotations


def etag(version: int) -> tuple[tuple[str, str], ...]:
    """Return the header with the version of the resource in the response."""
    return (("ETag", f'"{version}"'),)
