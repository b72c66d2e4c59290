"""German texts."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    # Every page
    "zone": "Zone {name}",
    "application": "für {name}",
    "user": "Benutzer",
    "user_name": "Benutzername",
    "password": "Passwort",
    "current_password": "Aktuelles Passwort",
    "new_password": "Neues Passwort",
    "new_password_repeated": "Neues Passwort wiederholen",
    "password_rule": "Mindestens {min_length} Zeichen. Gut geeignet sind mehrere Wörter ohne"
    " Zusammenhang.",
    "utc": "UTC",
    # Log in
    "login.title": "Anmelden",
    "login.submit": "Anmelden",
    "login.or": "oder",
    "login.provider": "Mit {name} anmelden",
    "login.none": "Hier ist keine Anmeldung möglich. Wenden Sie sich an Ihre Administration.",
    "login.forgotten": "Passwort vergessen? Ihre Administration stellt einen Link zum"
    " Zurücksetzen aus.",
    "login.wrong": "Benutzername oder Passwort ist falsch.",
    "login.too_many": "Zu viele Fehlversuche. Versuchen Sie es in {seconds} Sekunden erneut.",
    "login.busy": "Der Dienst ist gerade ausgelastet. Versuchen Sie es in einigen Sekunden erneut.",
    # Choice of a zone
    "zones.title": "Zone wählen",
    "zones.text": "Sie sind bei mehreren Zonen angemeldet.",
    "zones.link": "{zone}: {name}",
    # Choice of an identity provider
    "choice.title": "Anmeldeart wählen",
    "choice.local": "Benutzername und Passwort",
    # Change and set a password
    "change.title": "Passwort ändern",
    "change.forced": "Wählen Sie ein neues Passwort, bevor Sie fortfahren. Ihre Administration"
    " verlangt es.",
    "change.ends": "Ihre anderen Sitzungen enden, und Anwendungen verlangen eine erneute"
    " Anmeldung.",
    "change.submit": "Passwort ändern",
    "set.title": "Passwort festlegen",
    "set.text": "Wählen Sie das Passwort, mit dem Sie sich künftig anmelden.",
    "set.submit": "Passwort festlegen",
    "reset.title": "Passwort zurücksetzen",
    "password_set.title": "Ihr Passwort wurde festgelegt",
    "password_set.text": "Melden Sie sich künftig mit dem neuen Passwort an.",
    "password_set.login": "Anmelden",
    "password.wrong": "Das aktuelle Passwort ist falsch.",
    "password.different": "Die beiden neuen Passwörter stimmen nicht überein.",
    "password.short": "Das Passwort ist zu kurz: mindestens {min_length} Zeichen.",
    "password.long": "Das Passwort ist zu lang: höchstens {max_length} Zeichen.",
    "password.characters": "Das Passwort enthält ein Steuerzeichen.",
    "password.name": "Das Passwort darf nicht der Name des Benutzers, der Zone oder des Produkts"
    " sein.",
    "password.common": "Das Passwort ist weit verbreitet oder leicht zu erraten. Wählen Sie ein"
    " weniger vorhersehbares.",
    "password.same": "Das neue Passwort muss sich vom aktuellen unterscheiden.",
    # Consent
    "consent.title": "Zugriff erlauben?",
    "consent.text": "{application} möchte in Ihrem Namen zugreifen:",
    "consent.allow": "Erlauben",
    "consent.deny": "Ablehnen",
    "consent.later": "Sie können Ihre Einwilligung jederzeit unter „Sitzungen und Anwendungen“"
    " widerrufen.",
    # Scopes of the platform
    "scope.openid": "Ihre Identität bestätigen",
    "scope.profile": "Ihren Namen lesen",
    "scope.roles": "Die Namen Ihrer Gruppen lesen",
    "scope.user_attributes": "Ihre Attribute lesen",
    "scope.uaa.user": "In Ihrem Namen handeln",
    # Passcode
    "passcode.title": "Einmalcode",
    "passcode.label": "Ihr Einmalcode",
    "passcode.text": "Geben Sie diesen Code in Ihrem Kommandozeilenprogramm ein. Er ist {minutes}"
    " Minuten gültig und kann nur einmal verwendet werden.",
    "passcode.warning": "Geben Sie ihn nicht weiter: Wer ihn hat, kann sich als Sie anmelden.",
    # Another account
    "switch.title": "Dieses Konto ist nicht zugelassen",
    "switch.text": "{application} lässt Konten Ihres Identitätsanbieters nicht zu.",
    "switch.submit": "Mit einem anderen Konto anmelden",
    "groups_missing": "Einige Ihrer Gruppen beim Identitätsanbieter sind hier unbekannt, weil es zu"
    " viele sind: Rechte können fehlen. Wenden Sie sich an Ihre Administration.",
    # Log out
    "logout.title": "Abmelden?",
    "logout.text": "Ihre Sitzung in dieser Zone endet.",
    "logout.submit": "Abmelden",
    "logged_out.title": "Sie sind abgemeldet",
    "logged_out.text": "Ihre Sitzung wurde beendet. Sie können dieses Fenster schließen.",
    "logged_out.provider": "Bei {provider} sind Sie möglicherweise noch angemeldet. Melden Sie sich"
    " an einem gemeinsam genutzten Gerät auch dort ab.",
    # Sessions and applications
    "account.title": "Sitzungen und Anwendungen",
    "account.sessions": "Ihre Sitzungen",
    "account.began": "Angemeldet am",
    "account.seen": "Zuletzt verwendet",
    "account.ends": "Endet spätestens",
    "account.action": "Aktion",
    "account.current": "Dieser Browser",
    "account.end": "Sitzung beenden",
    "account.applications": "Anwendungen mit Ihrer Einwilligung",
    "account.no_applications": "Sie haben noch keiner Anwendung eine Einwilligung erteilt.",
    "account.application": "Anwendung",
    "account.scopes": "Zugriff",
    "account.granted": "Erlaubt am",
    "account.revoke": "Einwilligung widerrufen",
    "account.change_password": "Passwort ändern",
    "account.logout": "Abmelden",
    "account.ended": "Die Sitzung wurde beendet.",
    "account.revoked": "Ihre Einwilligung wurde widerrufen.",
    "account.password_changed": "Ihr Passwort wurde geändert. Ihre anderen Sitzungen wurden"
    " beendet.",
    # Errors
    "error.details": "Angaben für den Support",
    "error.message": "Meldung",
    "error.id": "Korrelations-ID",
    "error.time": "Zeitpunkt",
    "problem.invalid_request.title": "Diese Anfrage ist ungültig",
    "problem.invalid_request.text": "Ein Parameter fehlt, ist doppelt vorhanden oder fehlerhaft.",
    "problem.invalid_request.advice": "Kehren Sie zur Anwendung zurück und versuchen Sie es"
    " erneut.",
    "problem.unknown_application.title": "Unbekannte Anwendung",
    "problem.unknown_application.text": "Die Anwendung, von der Sie kommen, ist nicht registriert.",
    "problem.unknown_application.advice": "Wenden Sie sich an den Betreiber der Anwendung.",
    "problem.zone_not_named.title": "Welche Zone?",
    "problem.zone_not_named.text": "Diese Adresse bedient mehrere Zonen, und Sie sind bei keiner"
    " davon angemeldet.",
    "problem.zone_not_named.advice": "Kehren Sie zur Anwendung zurück, oder ergänzen Sie die"
    " Adresse um ?zone= und den Namen der Zone.",
    "problem.unknown_zone.title": "Unbekannte Zone",
    "problem.unknown_zone.text": "Diese Adresse gehört nicht zur Zone der Anwendung.",
    "problem.unknown_zone.advice": "Prüfen Sie die Adresse, oder kehren Sie zur Anwendung zurück.",
    "problem.no_browser_logon.title": "Anmeldung nicht verfügbar",
    "problem.no_browser_logon.text": "Die Anwendung darf keine Benutzer anmelden.",
    "problem.no_browser_logon.advice": "Wenden Sie sich an den Betreiber der Anwendung.",
    "problem.redirect.title": "Adresse nicht registriert",
    "problem.redirect.text": "Die Anwendung möchte Sie zu einer Adresse weiterleiten, die für sie"
    " nicht registriert ist. Zu Ihrem Schutz endet die Anmeldung hier.",
    "problem.redirect.advice": "Wenden Sie sich an den Betreiber der Anwendung.",
    "problem.expired.title": "Diese Seite ist abgelaufen",
    "problem.expired.text": "Die Seite war zu lange geöffnet, oder der Browser lehnt Cookies ab.",
    "problem.expired.advice": "Kehren Sie zur Anwendung zurück und melden Sie sich erneut an.",
    "problem.foreign_form.title": "Anfrage abgelehnt",
    "problem.foreign_form.text": "Das Formular stammt nicht von einer Seite dieses Dienstes.",
    "problem.foreign_form.advice": "Kehren Sie zur Anwendung zurück und versuchen Sie es erneut.",
    "problem.no_provider.title": "Anmeldung nicht verfügbar",
    "problem.no_provider.text": "Die Anwendung lässt keinen Identitätsanbieter dieser Zone zu.",
    "problem.no_provider.advice": "Wenden Sie sich an den Betreiber der Anwendung.",
    "problem.login_hint.title": "Unbekannter Identitätsanbieter",
    "problem.login_hint.text": "Die Anwendung verlangt einen Identitätsanbieter, der nicht"
    " verwendet werden kann.",
    "problem.login_hint.advice": "Wenden Sie sich an den Betreiber der Anwendung.",
    "problem.provider_refused.title": "Anmeldung nicht abgeschlossen",
    "problem.provider_refused.text": "Der Identitätsanbieter hat die Anmeldung nicht"
    " abgeschlossen.",
    "problem.provider_refused.advice": "Kehren Sie zur Anwendung zurück und versuchen Sie es"
    " erneut.",
    "problem.provider_failed.title": "Identitätsanbieter nicht verfügbar",
    "problem.provider_failed.text": "Der Identitätsanbieter ist nicht verfügbar, oder seine Antwort"
    " ist ungültig.",
    "problem.provider_failed.advice": "Versuchen Sie es später erneut. Wenden Sie sich bei weiteren"
    " Fehlern an Ihre Administration.",
    "problem.user_unknown.title": "Kein Konto in dieser Zone",
    "problem.user_unknown.text": "Das Benutzerkonto muss vor der ersten Anmeldung angelegt werden.",
    "problem.user_unknown.advice": "Wenden Sie sich an Ihre Administration.",
    "problem.user_refused.title": "Anmeldung nicht möglich",
    "problem.user_refused.text": "Dieses Konto kann hier nicht verwendet werden.",
    "problem.user_refused.advice": "Wenden Sie sich an Ihre Administration.",
    "problem.link_invalid.title": "Dieser Link ist nicht mehr gültig",
    "problem.link_invalid.text": "Der Link wurde bereits verwendet oder ersetzt, oder er ist"
    " abgelaufen.",
    "problem.link_invalid.advice": "Bitten Sie Ihre Administration um einen neuen Link.",
    "problem.too_many_attempts.title": "Zu viele Versuche",
    "problem.too_many_attempts.text": "In kurzer Zeit sind zu viele Versuche fehlgeschlagen.",
    "problem.too_many_attempts.advice": "Warten Sie einige Minuten und versuchen Sie es erneut.",
    "problem.busy.title": "Vorübergehend nicht verfügbar",
    "problem.busy.text": "Der Dienst kann die Anfrage gerade nicht bearbeiten.",
    "problem.busy.advice": "Versuchen Sie es in einigen Sekunden erneut.",
    "problem.not_found.title": "Seite nicht gefunden",
    "problem.not_found.text": "Diese Adresse gibt es nicht.",
    "problem.not_found.advice": "Prüfen Sie die Adresse, oder kehren Sie zur Anwendung zurück.",
    "problem.method_not_allowed.title": "Diese Anfrage ist ungültig",
    "problem.method_not_allowed.text": "Die Seite kann so nicht aufgerufen werden.",
    "problem.method_not_allowed.advice": "Kehren Sie zur Anwendung zurück und versuchen Sie es"
    " erneut.",
    "problem.server_error.title": "Etwas ist schiefgegangen",
    "problem.server_error.text": "Ein unerwarteter Fehler ist aufgetreten.",
    "problem.server_error.advice": "Versuchen Sie es erneut. Wenden Sie sich bei weiteren Fehlern"
    " mit den folgenden Angaben an den Support.",
}
