"""The service plans."""

from __future__ import annotations

from enum import StrEnum


class Plan(StrEnum):
    """A plan of the catalog, by name."""

    APPLICATION = "application"
    APIACCESS = "apiaccess"

    @property
    def letter(self) -> str:
        """The letter in application ids: ``my-app!t7``, ``na-…!a7``."""
        return {Plan.APPLICATION: "t", Plan.APIACCESS: "a"}[self]
