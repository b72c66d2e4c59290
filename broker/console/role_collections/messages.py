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
        " xs-security.json, or create one.",
        "role_collections.none_found": "No role collection matches. Clear the search.",
        "role_collections.one.title": "Role collection",
        "role_collections.change": "Changes",
        "role_collections.read_only": "read-only: the descriptor of the application changes name,"
        " description and roles. Users and mappings are assigned here.",
        "role_collections.editable": "administrators change description and roles",
        "role_collections.is_declared": "{app} declares this role collection: only its descriptor"
        " changes it. Users and mappings are assigned here.",
        "role_collections.name_of": "Name",
        "role_collections.description": "Description (optional)",
        "role_collections.new.title": "Create a role collection",
        "role_collections.new.text": "The name cannot be changed later. Roles are added on the next"
        " page.",
        "role_collections.new.submit": "Create",
        "role_collections.describe.title": "Change description",
        "role_collections.describe.submit": "Save",
        "role_collections.add_role.title": "Add a role",
        "role_collections.add_role.text": "Holders of {collection} get the role with the next"
        " token.",
        "role_collections.add_role.more": "The list goes on. Search for the role.",
        "role_collections.add_role.none": "No role matches. Search for another text.",
        "role_collections.add_role.no_roles": "The zone has no role. Declare role-templates in an"
        " xs-security.json.",
        "role_collections.add_role.submit": "Add role",
        "role_collections.remove_role.title": "Remove a role",
        "role_collections.remove_role.text": "Holders of {collection} lose the role with the next"
        " token.",
        "role_collections.remove_role.submit": "Remove role",
        "role_collections.delete.title": "Delete role collection",
        "role_collections.delete.text": "All users and groups lose the roles of {collection} with"
        " the next token. The role collection cannot be restored.",
        "role_collections.delete.submit": "Delete role collection",
        "role_collections.role": "Role",
        "role_collections.template": "Role template",
        "role_collections.application": "Application",
        "role_collections.foreign": "of another application",
        "role_collections.no_roles": "The role collection contains no role.",
        "role_collections.user": "User",
        "role_collections.user_name": "User name",
        "role_collections.origin": "Identity provider",
        "role_collections.assigned_by": "Assigned by",
        "role_collections.since": "Since",
        "role_collections.until": "Until",
        "role_collections.unlimited": "unlimited",
        "role_collections.expired": "expired",
        "role_collections.no_users": "The role collection is assigned to no user.",
        "role_collections.attribute": "Attribute",
        "role_collections.value": "Value",
        "role_collections.action": "Action",
        "role_collections.no_mappings": "No group or attribute of an identity provider gives this"
        " role collection.",
        "role_collections.add_user.title": "Assign to a user",
        "role_collections.add_user.text": "The user gets the roles of {collection} with the next"
        " token.",
        "role_collections.add_user.submit": "Assign",
        "role_collections.map.title": "Add a mapping",
        "role_collections.map.text": "Users for whom the identity provider states this value get"
        " {collection}. Groups are values of the attribute Groups.",
        "role_collections.map.submit": "Add mapping",
        "role_collections.unmap.title": "Remove a mapping",
        "role_collections.unmap.text": "Users with this value lose the roles of {collection} with"
        " the next token.",
        "role_collections.unmap.submit": "Remove mapping",
        "done.role_collections_assigned": "The role collection is assigned.",
        "done.role_collections_mapped": "The mapping is added.",
        "done.role_collections_unmapped": "The mapping is removed.",
        "done.role_collections_created": "The role collection is created. Add its roles.",
        "done.role_collections_described": "The description is saved.",
        "done.role_collections_role_added": "The role is in the role collection.",
        "done.role_collections_role_removed": "The role is removed.",
        "done.role_collections_deleted": "The role collection is deleted.",
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
        " role-collections in einer xs-security.json, oder legen Sie eine an.",
        "role_collections.none_found": "Keine Rollensammlung passt. Setzen Sie die Suche zurück.",
        "role_collections.one.title": "Rollensammlung",
        "role_collections.change": "Änderungen",
        "role_collections.read_only": "schreibgeschützt: Name, Beschreibung und Rollen ändert der"
        " Deskriptor der Anwendung. Benutzer und Zuordnungen werden hier zugewiesen.",
        "role_collections.editable": "Beschreibung und Rollen ändert die Administration",
        "role_collections.is_declared": "{app} deklariert diese Rollensammlung: Nur der Deskriptor"
        " der Anwendung ändert sie. Benutzer und Zuordnungen werden hier zugewiesen.",
        "role_collections.name_of": "Name",
        "role_collections.description": "Beschreibung (optional)",
        "role_collections.new.title": "Rollensammlung anlegen",
        "role_collections.new.text": "Der Name kann später nicht geändert werden. Rollen kommen auf"
        " der nächsten Seite hinzu.",
        "role_collections.new.submit": "Anlegen",
        "role_collections.describe.title": "Beschreibung ändern",
        "role_collections.describe.submit": "Speichern",
        "role_collections.add_role.title": "Rolle hinzufügen",
        "role_collections.add_role.text": "Wer {collection} hat, erhält die Rolle mit dem nächsten"
        " Token.",
        "role_collections.add_role.more": "Die Liste geht weiter. Suchen Sie nach der Rolle.",
        "role_collections.add_role.none": "Keine Rolle passt. Suchen Sie nach einem anderen Text.",
        "role_collections.add_role.no_roles": "Die Zone hat keine Rolle. Deklarieren Sie"
        " role-templates in einer xs-security.json.",
        "role_collections.add_role.submit": "Rolle hinzufügen",
        "role_collections.remove_role.title": "Rolle entfernen",
        "role_collections.remove_role.text": "Wer {collection} hat, verliert die Rolle mit dem"
        " nächsten Token.",
        "role_collections.remove_role.submit": "Rolle entfernen",
        "role_collections.delete.title": "Rollensammlung löschen",
        "role_collections.delete.text": "Alle Benutzer und Gruppen verlieren die Rollen von"
        " {collection} mit dem nächsten Token. Die Rollensammlung kann nicht wiederhergestellt"
        " werden.",
        "role_collections.delete.submit": "Rollensammlung löschen",
        "role_collections.role": "Rolle",
        "role_collections.template": "Rollenvorlage",
        "role_collections.application": "Anwendung",
        "role_collections.foreign": "einer anderen Anwendung",
        "role_collections.no_roles": "Die Rollensammlung enthält keine Rolle.",
        "role_collections.user": "Benutzer",
        "role_collections.user_name": "Benutzername",
        "role_collections.origin": "Identitätsanbieter",
        "role_collections.assigned_by": "Zugewiesen von",
        "role_collections.since": "Seit",
        "role_collections.until": "Bis",
        "role_collections.unlimited": "unbefristet",
        "role_collections.expired": "abgelaufen",
        "role_collections.no_users": "Die Rollensammlung ist keinem Benutzer zugewiesen.",
        "role_collections.attribute": "Attribut",
        "role_collections.value": "Wert",
        "role_collections.action": "Aktion",
        "role_collections.no_mappings": "Keine Gruppe und kein Attribut eines Identitätsanbieters"
        " gibt diese Rollensammlung.",
        "role_collections.add_user.title": "Einem Benutzer zuweisen",
        "role_collections.add_user.text": "Der Benutzer erhält die Rollen von {collection} mit dem"
        " nächsten Token.",
        "role_collections.add_user.submit": "Zuweisen",
        "role_collections.map.title": "Zuordnung hinzufügen",
        "role_collections.map.text": "Benutzer, für die der Identitätsanbieter diesen Wert angibt,"
        " erhalten {collection}. Gruppen sind Werte des Attributs Groups.",
        "role_collections.map.submit": "Zuordnung hinzufügen",
        "role_collections.unmap.title": "Zuordnung entfernen",
        "role_collections.unmap.text": "Benutzer mit diesem Wert verlieren die Rollen von"
        " {collection} mit dem nächsten Token.",
        "role_collections.unmap.submit": "Zuordnung entfernen",
        "done.role_collections_assigned": "Die Rollensammlung ist zugewiesen.",
        "done.role_collections_mapped": "Die Zuordnung ist hinzugefügt.",
        "done.role_collections_unmapped": "Die Zuordnung ist entfernt.",
        "done.role_collections_created": "Die Rollensammlung ist angelegt. Fügen Sie Rollen hinzu.",
        "done.role_collections_described": "Die Beschreibung ist gespeichert.",
        "done.role_collections_role_added": "Die Rolle ist in der Rollensammlung.",
        "done.role_collections_role_removed": "Die Rolle ist entfernt.",
        "done.role_collections_deleted": "Die Rollensammlung ist gelöscht.",
    },
}
