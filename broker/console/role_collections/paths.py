"""The paths of the family, to which pages of other families lead."""

from __future__ import annotations

from typing import Final

LIST: Final = "/console/zones/<zone>/role-collections"
NEW: Final = f"{LIST}/new"
ONE: Final = f"{LIST}/one"
"""The parameter ``name`` names the collection: names contain any character."""
USERS: Final = f"{ONE}/users"
MAP: Final = f"{ONE}/map"
DESCRIBE: Final = f"{ONE}/describe"
ADD_ROLE: Final = f"{ONE}/add-role"
REMOVE_ROLE: Final = f"{ONE}/remove-role"
DELETE: Final = f"{ONE}/delete"
UNMAP: Final = f"{ONE}/unmap"
