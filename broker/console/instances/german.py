"""The German texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "instances.list.title": "Service-Instanzen",
    "instances.all.title": "Service-Instanzen",
    "instances.one.title": "Service-Instanz",
    "instances.binding.title": "Bindung",
    "instances.secret.title": "Instanz-Secret rotieren",
    "instances.previous.title": "Vorheriges Secret widerrufen",
    "instances.update.title": "Was würde brechen",
    "instances.application": "Anwendung",
    "instances.zone": "Zone",
    "instances.id": "Instanz",
    "instances.client": "Client",
    "instances.plan": "Plan",
    "instances.platform": "Plattform",
    "instances.types": "Typen von Zugangsdaten",
    "instances.default": "Standard",
    "instances.default_type": "Standard für neue Bindungen",
    "instances.bindings": "Bindungen",
    "instances.binding": "Bindung",
    "instances.type": "Typ",
    "instances.type.binding-secret": "binding-secret",
    "instances.type.instance-secret": "instance-secret",
    "instances.type.x509": "x509",
    "instances.state": "Status",
    "instances.state.accepted": "akzeptiert",
    "instances.state.not_listed": "Typ nicht gelistet",
    "instances.state.expired": "abgelaufen",
    "instances.state.not_yet_valid": "noch nicht gültig",
    "instances.state.missing": "keine Zugangsdaten",
    "instances.created": "Angelegt",
    "instances.expires": "Läuft ab",
    "instances.no_expiry": "keiner",
    "instances.used": "Zuletzt benutzt",
    "instances.secret_used": "Secret zuletzt benutzt",
    "instances.per_day": "Nutzung pro Tag, 30 Tage",
    "instances.uses_total": "Nutzungen",
    "instances.uses_lately": "Nutzungen, 30 Tage",
    "instances.refused": "Abgelehnt",
    "instances.counted_since": "Nutzung gezählt seit",
    "instances.app": "Anwendung",
    "instances.key": "Service-Key",
    "instances.apps": "Anwendungen",
    "instances.keys": "Service-Keys",
    "instances.empty": "Es gibt noch keine Service-Instanz. Legen Sie eine auf der Plattform an,"
    " zum Beispiel mit cf create-service.",
    "instances.none_found": "Keine Service-Instanz passt.",
    "instances.no_bindings": "Die Service-Instanz hat keine Bindungen. Legen Sie eine auf der"
    " Plattform an, zum Beispiel mit cf create-service-key.",
    "instances.no_binding_found": "Keine Bindung passt.",
    "instances.credentials": "Bindungen und ihre Zugangsdaten",
    # Migration
    "instances.migration": "Vom Instanz-Secret zu Zugangsdaten je Bindung",
    "instances.step.M0": "M0 Secret der Instanz",
    "instances.step.M1": "M1 Anderer Standardtyp",
    "instances.step.M2": "M2 Eigene Zugangsdaten",
    "instances.step.M3": "M3 Apps neu gebunden",
    "instances.step.M4": "M4 Keys ersetzt",
    "instances.step.M5": "M5 Secret ungenutzt",
    "instances.step.M6": "M6 Secret entfernt",
    "instances.step.M7": "M7 Gelöscht",
    "instances.left.M0": "Neue Bindungen erhalten das Instanz-Secret. Als Nächstes:"
    " binding-secret oder x509 in credential-types an die erste Stelle setzen, instance-secret"
    " dahinter behalten, und die Instanz aktualisieren.",
    "instances.left.M1": "Anwendungen mit dem Instanz-Secret: {apps}, Service-Keys: {keys}. Als"
    " Nächstes: einen Service-Key anlegen, der eigene Zugangsdaten erhält.",
    "instances.left.M2": "Anwendungen mit dem Instanz-Secret: {apps}, Service-Keys: {keys}. Als"
    " Nächstes: diese Anwendungen neu binden und neu stagen.",
    "instances.left.M3": "Service-Keys mit dem Instanz-Secret: {keys}. Als Nächstes: sie ersetzen.",
    "instances.left.M4": "Keine Bindung hat das Instanz-Secret, aber es wurde in den letzten 30"
    " Tagen benutzt, oder die Nutzung wird noch nicht so lange gezählt. Als Nächstes: die Kopien"
    " finden und abwarten.",
    "instances.left.M5": "Das Instanz-Secret wurde 30 Tage nicht benutzt. Als Nächstes:"
    " instance-secret aus credential-types entfernen und die Instanz aktualisieren.",
    "instances.left.M6": "Das Instanz-Secret wird nicht akzeptiert. Verbliebene Bindungen mit ihm"
    " können gelöscht werden: Anwendungen {apps}, Service-Keys {keys}.",
    # Secret
    "instances.secret.heading": "Instanz-Secret",
    "instances.secret.none": "Die Service-Instanz hat kein Instanz-Secret. Die erste Bindung"
    " dieses Typs legt es an.",
    "instances.secret.not_listed": "Der Typ instance-secret ist nicht gelistet, das Secret wird"
    " also nicht akzeptiert. Listen Sie ihn vor einer Rotation mit einer Aktualisierung.",
    "instances.previous_until": "Vorheriges Secret akzeptiert bis",
    "instances.previous_used": "Vorheriges Secret zuletzt benutzt",
    "instances.rotate": "Instanz-Secret rotieren",
    "instances.revoke_previous": "Vorheriges Secret widerrufen",
    "instances.rotation.heading": "Was nicht mehr funktioniert",
    "instances.rotation.text": "Nach der Überlappung werden Anfragen mit dem jetzigen Secret"
    " abgelehnt, auch die von Kopien außerhalb der Plattform. Neue Bindungen und Abfragen"
    " liefern sofort das neue Secret.",
    "instances.afterwards": "Danach auf der Plattform",
    "instances.overlap": "Überlappung",
    "instances.overlap.hint": "Wie lange das jetzige Secret neben dem neuen akzeptiert wird.",
    "instances.overlap.7d": "7 Tage",
    "instances.overlap.30d": "30 Tage",
    "instances.overlap.1d": "1 Tag",
    "instances.overlap.1h": "1 Stunde",
    "instances.overlap.0": "keine: sofort ablehnen",
    "instances.previous.none": "Kein vorheriges Secret wird akzeptiert.",
    "instances.previous.text": "Anfragen mit dem Secret von vor der Rotation werden sofort"
    " abgelehnt. Alle Tokens des Instanz-Secrets werden ungültig.",
    # Binding
    "instances.break.heading": "Was ohne diese Zugangsdaten nicht mehr funktioniert",
    "instances.break.text": "Die nächste Token-Anfrage mit ihnen wird abgelehnt, und ihre Tokens"
    " sind bei der Introspection inaktiv. Andere Bindungen sind nicht betroffen.",
    "instances.shared.heading": "Diese Bindung hat das Instanz-Secret",
    "instances.shared.text": "Alle Bindungen mit dem Instanz-Secret teilen es, es kann also nicht"
    " für eine davon widerrufen werden. Rotieren Sie es, oder geben Sie dieser Bindung eigene"
    " Zugangsdaten.",
    "instances.successor": "Andere Zugangsdaten für die Anwendung",
    "instances.revoke": "Zugangsdaten widerrufen",
    "instances.revoke.text": "Die Bindung wird hier gelöscht; die Plattform führt sie noch. Eine"
    " Löschung dort gelingt danach.",
    # Update
    "instances.update.link": "Was würde eine andere Liste brechen?",
    "instances.preview": "Zeigen, was brechen würde",
    "instances.preview.text": "Mit credential-types {types} würden diese Bindungen nicht mehr"
    " akzeptiert. Nichts wurde geändert.",
    "instances.preview.secret": "Das Instanz-Secret würde nicht mehr akzeptiert, auch wo Kopien"
    " davon benutzt werden. Zuletzt benutzt:",
    "instances.preview.again": "Bindungen, die wieder akzeptiert würden: {n}.",
    "instances.would_refuse": "Die Aktualisierung würde abgelehnt.",
    "instances.no_differences": "Keine Unterschiede.",
    "instances.lost": "Was nicht mehr funktioniert",
    "instances.lost.count": "Bindungen, die nicht mehr funktionieren: {n}",
    "instances.nothing_lost": "Alles funktioniert weiter.",
    "instances.how": "So geht es",
    "instances.how.snippet": "Der Teil von xs-security.json:",
    "instances.how.command": "Eine Aktualisierung braucht die vollständige Datei:",
    "instances.apply.title": "Eine Aktualisierung ausführen",
    "instances.apply": "Aktualisierung ausführen",
    "instances.apply.heading": "Oder hier ausführen",
    "instances.apply.types": "Die gespeicherte xs-security.json wird mit diesen Typen angewandt."
    " Die Plattform erfährt davon nichts: ihre nächste Aktualisierung mit Parametern ersetzt sie.",
    "instances.apply.descriptor": "Die eingefügte xs-security.json wird angewandt. Die Plattform"
    " erfährt davon nichts: ihre nächste Aktualisierung mit Parametern ersetzt sie.",
    "instances.choose.types": "Typen von Zugangsdaten wählen",
    "instances.choose.descriptor": "Oder die vollständige xs-security.json einfügen",
    "instances.descriptor.hint": "Sie wird wie eine Aktualisierung geprüft, nichts wird geändert."
    " Höchstens 60.000 Zeichen.",
    # What remains to be done at the platform
    "instances.next.REBIND_ALL": "Jede Anwendung neu binden und jeden Service-Key mit dem"
    " Instanz-Secret neu anlegen: die Plattform liefert das neue Secret mit neuen Bindungen.",
    "instances.next.RECREATE_ALL": "Die ServiceBinding-Ressourcen mit dem Instanz-Secret neu"
    " anlegen, damit ihre Secrets das neue enthalten.",
    "instances.next.REBIND": "Die Anwendung neu binden und neu stagen.",
    "instances.next.REPLACE_KEY": "Einen anderen Service-Key anlegen, ihn weitergeben und diesen"
    " danach löschen.",
    "instances.next.RECREATE_KEY": "Den Service-Key, den die Plattform noch führt, löschen und"
    " einen anderen anlegen.",
    "instances.next.RECREATE": "Das ServiceBinding, das die Plattform noch führt, löschen und ein"
    " anderes anlegen.",
    "instances.next.ROTATE": "Das ServiceBinding rotieren; die bisherigen Zugangsdaten gelten bis"
    " zum Ende von rotatedBindingTTL.",
    "instances.next.OTHER": "Auf der Plattform der Service-Instanz eine andere Bindung anlegen"
    " und die bisherige löschen.",
    "done.credential_revoked": "Die Zugangsdaten wurden widerrufen.",
    "done.secret_rotated": "Das Instanz-Secret wurde rotiert.",
    "done.previous_secret_revoked": "Das vorherige Secret wurde widerrufen.",
    "done.instance_updated": "Die Service-Instanz wurde aktualisiert.",
}
