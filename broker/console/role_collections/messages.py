"""The texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "role_collections.list.title": "Role collections",
        "role_collections.name": "Role collection",
        "role_collections.declared_by": "Declared by",
        "role_collections.roles": "Roles",
        "role_collections.users": "Users",
        "role_collections.mappings": "Mappings",
        "role_collections.kind": "Kind",
        "role_collections.kind.declared": "declared, read-only",
        "role_collections.kind.custom": "created here",
        "role_collections.empty": "This zone has no role collection. Declare role-collections in an"
        " xs-security.json, or create one with the command below.",
        "role_collections.none_found": "No role collection matches. Clear the search.",
    },
    "de": {
        "role_collections.list.title": "Rollensammlungen",
        "role_collections.name": "Rollensammlung",
        "role_collections.declared_by": "Deklariert von",
        "role_collections.roles": "Rollen",
        "role_collections.users": "Benutzer",
        "role_collections.mappings": "Zuordnungen",
        "role_collections.kind": "Art",
        "role_collections.kind.declared": "deklariert, schreibgeschützt",
        "role_collections.kind.custom": "hier angelegt",
        "role_collections.empty": "Diese Zone hat keine Rollensammlung. Deklarieren Sie"
        " role-collections in einer xs-security.json, oder legen Sie eine mit dem Befehl unten an.",
        "role_collections.none_found": "Keine Rollensammlung passt. Setzen Sie die Suche zurück.",
    },
}
