"""German texts."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "console": "Konsole",
    "skip": "Zum Inhalt springen",
    "utc": "UTC",
    "none": "keine",
    "never": "nie",
    "yes": "ja",
    "no": "nein",
    # Navigation
    "nav.label": "Hauptnavigation",
    "nav.operator": "Betrieb",
    "nav.zone": "Zone {name}",
    "nav.own": "Mein Konto",
    "nav.choose_zone": "Zone wechseln",
    "nav.user": "Angemeldet als",
    "nav.log_out": "Abmelden",
    "nav.home": "Start",
    # Login
    "login.title": "An der Konsole anmelden",
    "login.text": "Administratoren und Auditoren melden sich an ihrer Zone an. Für den Betrieb gibt"
    " es eine eigene Anmeldung.",
    "login.zone": "Zone: Name oder GUID",
    "login.zone_hint": "Die Subdomain, zum Beispiel default-1. Die GUID steht in den"
    " Zugangsdaten einer Anwendung als identityzoneid.",
    "login.to_zone": "Weiter",
    "login.live": "Weiter in einer Zone, in der Sie eine Sitzung haben",
    "login.as_operator": "Als Betreiber anmelden",
    # What this service is
    "root.title": "Service Broker und Token-Dienst",
    "root.text": "Ein Open Service Broker für einen Identitätsdienst nach Art von XSUAA, mit"
    " seinem OAuth-2.0-Token-Dienst. Plattformen legen Service-Instanzen und Bindings an,"
    " Anwendungen erhalten Tokens.",
    "root.console": "Konsole für Betrieb, Administration und Audit",
    "root.account": "Ihre Sitzungen, Anwendungen und Ihr Passwort",
    "root.api": "Administrations-APIs",
    "root.openapi": "OpenAPI-Dokument der Administrations-APIs",
    "root.reference": "Referenz von xs-security.json und der Service-Pläne",
    "root.discovery": "OpenID-Connect-Discovery",
    "root.health": "Zustand dieses Prozesses",
    # Lists
    "list.search": "Suchen",
    "list.apply": "Anwenden",
    "list.clear": "Zurücksetzen",
    "list.all": "Alle",
    "list.csv": "CSV herunterladen",
    "list.csv_more": "Die Liste hat mehr als {n} Zeilen. Grenzen Sie die Auswahl ein.",
    "list.previous": "Vorige Seite",
    "list.next": "Nächste Seite",
    "list.newest": "Neueste",
    "list.older": "Ältere",
    "list.page": "Seite {n}",
    "list.pages": "Seiten",
    "list.sort_up": "aufsteigend sortiert",
    "list.sort_down": "absteigend sortiert",
    # Forms
    "confirm.name": "Zur Bestätigung {name} eingeben",
    "confirm.wrong": "Der Name stimmt nicht überein. Nichts wurde geändert.",
    "confirm.cancel": "Abbrechen",
    "confirm.counts": "Was dies betrifft",
    # The same operation elsewhere
    "twin.title": "Per API oder Kommandozeile",
    "twin.api": "API",
    "twin.command": "Befehl",
    "chart.table": "Zahlen des Diagramms",
    "chart.day": "Tag",
    "chart.value": "Anzahl",
    "chart.total": "Summe",
    "chart.from": "{from} bis {to}",
    "steps.done": "erledigt",
    "steps.current": "aktuell",
    "steps.open": "offen",
    # Times
    "ago.now": "gerade eben",
    "ago.minutes": "vor {n} Minuten",
    "ago.minutes.one": "vor 1 Minute",
    "ago.hours": "vor {n} Stunden",
    "ago.hours.one": "vor 1 Stunde",
    "ago.days": "vor {n} Tagen",
    "ago.days.one": "vor 1 Tag",
    "ago.years": "vor {n} Jahren",
    "ago.years.one": "vor 1 Jahr",
    "in.now": "jetzt",
    "in.minutes": "in {n} Minuten",
    "in.minutes.one": "in 1 Minute",
    "in.hours": "in {n} Stunden",
    "in.hours.one": "in 1 Stunde",
    "in.days": "in {n} Tagen",
    "in.days.one": "in 1 Tag",
    "in.years": "in {n} Jahren",
    "in.years.one": "in 1 Jahr",
    # Errors
    "error.forbidden": "Das dürfen Sie nicht",
    "error.not_found": "Diese Seite oder dieses Objekt gibt es nicht",
    "error.invalid": "Die Eingabe ist ungültig",
    "error.conflict": "Das ist im jetzigen Zustand nicht möglich",
    "error.unavailable": "Der Dienst ist ausgelastet oder nicht verfügbar",
    "error.scope": "Ihrem Benutzer fehlt in dieser Zone der Scope {scope}. Eine Administration der"
    " Zone kann eine Rollensammlung zuweisen, die ihn enthält, etwa Subaccount Administrator.",
    "error.operator": "Diese Seite sehen nur Betreiber.",
    "error.detail": "Einzelheiten",
    "error.home": "Zur Startseite",
    "alert.denied": "Abgelehnt: dies betrifft eine Rolle der eingebauten Anwendung der Zone, und"
    " Ihrem Benutzer fehlen einige der Scopes {scopes}.",
    "done.logged_out": "Sie sind abgemeldet.",
}
