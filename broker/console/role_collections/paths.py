"""The paths of the family, to which pages of other families lead."""

from __future__ import annotations

from typing import Final

LIST: Final = "/console/zones/<zone>/role-collections"
ONE: Final = f"{LIST}/one"
"""The parameter ``name`` names the collection: names contain any character."""
USERS: Final = f"{ONE}/users"
MAP: Final = f"{ONE}/map"
UNMAP: Final = f"{ONE}/unmap"
