"""The texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "home.start.title": "Console",
        "home.zones.title": "Zones",
        "home.zone.title": "Zone",
        "home.start.no_role": "Your user has no role in this console. An administrator of zone"
        " {zone} can assign the role collection Subaccount Administrator or Subaccount Viewer.",
        "home.start.zone": "Zone {name}",
        "home.start.choose": "Choose a zone to see its applications, users and roles.",
        "home.start.what": "Pages",
        "home.zones.name": "Zone",
        "home.zones.instances": "Service instances",
        "home.zones.users": "Users",
        "home.zones.platform": "Platform",
        "home.zones.by_rule": "by a rule",
        "home.zones.empty": "There is no zone yet. The first service instance of a tenant creates"
        " its zone.",
        "home.zones.none_found": "No zone has a name or GUID with this text.",
    },
    "de": {
        "home.start.title": "Konsole",
        "home.zones.title": "Zonen",
        "home.zone.title": "Zone",
        "home.start.no_role": "Ihr Benutzer hat in dieser Konsole keine Rolle. Eine Administration"
        " der Zone {zone} kann die Rollensammlung Subaccount Administrator oder Subaccount Viewer"
        " zuweisen.",
        "home.start.zone": "Zone {name}",
        "home.start.choose": "Wählen Sie eine Zone, um ihre Anwendungen, Benutzer und Rollen zu"
        " sehen.",
        "home.start.what": "Seiten",
        "home.zones.name": "Zone",
        "home.zones.instances": "Service-Instanzen",
        "home.zones.users": "Benutzer",
        "home.zones.platform": "Plattform",
        "home.zones.by_rule": "durch eine Regel",
        "home.zones.empty": "Es gibt noch keine Zone. Die erste Service-Instanz eines Mandanten"
        " legt seine Zone an.",
        "home.zones.none_found": "Keine Zone hat einen Namen oder eine GUID mit diesem Text.",
    },
}
