"""The texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "migration.zone.title": "Migration readiness",
        "migration.text": "How far each service instance is on the way from its instance secret to"
        " credentials per binding. Open an instance to see what is left and the next command.",
        "migration.states": "Instances by state",
        "migration.application": "Application",
        "migration.state": "State",
        "migration.state.M0": "M0 issues instance secrets",
        "migration.state.M1": "M1 other default type",
        "migration.state.M2": "M2 own credentials exist",
        "migration.state.M3": "M3 applications rebound",
        "migration.state.M4": "M4 service keys replaced",
        "migration.state.M5": "M5 secret unused for 30 days",
        "migration.state.M6": "M6 secret not accepted",
        "migration.apps": "Apps left",
        "migration.keys": "Keys left",
        "migration.own": "Own credentials",
        "migration.secret_used": "Secret last used",
        "migration.empty": "This zone has no service instance.",
        "migration.none_found": "No service instance matches.",
        "migration.chart": "Credentials by type",
        "migration.no_chart": "The first daily numbers appear within a day.",
        "migration.certificates": "Certificates that end next",
        "migration.no_certificates": "No certificate of a binding is valid.",
    },
    "de": {
        "migration.zone.title": "Stand der Migration",
        "migration.text": "Wie weit jede Service-Instanz auf dem Weg von ihrem Instanz-Secret zu"
        " Zugangsdaten je Bindung ist. Öffnen Sie eine Instanz, um zu sehen, was bleibt, und den"
        " nächsten Befehl.",
        "migration.states": "Instanzen nach Stand",
        "migration.application": "Anwendung",
        "migration.state": "Stand",
        "migration.state.M0": "M0 vergibt Instanz-Secrets",
        "migration.state.M1": "M1 anderer Standardtyp",
        "migration.state.M2": "M2 eigene Zugangsdaten",
        "migration.state.M3": "M3 Anwendungen neu gebunden",
        "migration.state.M4": "M4 Service-Keys ersetzt",
        "migration.state.M5": "M5 Secret 30 Tage ungenutzt",
        "migration.state.M6": "M6 Secret nicht akzeptiert",
        "migration.apps": "Offene Apps",
        "migration.keys": "Offene Keys",
        "migration.own": "Eigene Zugangsdaten",
        "migration.secret_used": "Secret zuletzt benutzt",
        "migration.empty": "Diese Zone hat keine Service-Instanz.",
        "migration.none_found": "Keine Service-Instanz passt.",
        "migration.chart": "Zugangsdaten nach Typ",
        "migration.no_chart": "Die ersten Tageszahlen erscheinen innerhalb eines Tages.",
        "migration.certificates": "Zertifikate, die als nächste enden",
        "migration.no_certificates": "Kein Zertifikat einer Bindung ist gültig.",
    },
}
