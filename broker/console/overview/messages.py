"""The texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "overview.zone.title": "Overview",
        "overview.all.title": "Overview of all zones",
        "overview.back": "Back to the overview",
        "overview.none_found": "No row matches the search.",
        "overview.application": "Application",
        "overview.client": "Client",
        "overview.zone_column": "Zone",
        "overview.type": "Type",
        "overview.life": "Lifetime left",
        "overview.life.expired": "expired",
        "overview.life.tenth": "under a tenth",
        "overview.life.third": "under a third",
        "overview.expires": "Expires",
        "overview.used": "Last used",
        "overview.created": "Created",
        "overview.reason": "Reason",
        "overview.attempts": "Refused attempts",
        "overview.last": "Last attempt",
        "overview.several": "several clients",
        "overview.binding": "Binding",
        "overview.no_binding": "secret of the instance",
        "overview.referenced": "Scope or role template",
        "overview.usage": "Key of xs-security.json",
        "overview.referrer": "Declared in",
        "overview.target": "Missing application",
        "overview.plan": "Plan",
        "overview.missing": "Scopes without approval",
        "overview.expiring.title": "Expiring certificates",
        "overview.all_expiring.title": "Expiring certificates of all zones",
        "overview.expiring.text": "Certificates of bindings with less than a third of their"
        " lifetime left, and those that expired within 7 days. A binding should be rotated before"
        " the last third; its page has the commands.",
        "overview.expiring.empty": "No certificate has less than a third of its lifetime left.",
        "overview.whole.expiring": "All expiring certificates",
        "overview.unused.title": "Unused credentials",
        "overview.all_unused.title": "Unused credentials of all zones",
        "overview.unused.text": "Credentials that are accepted, but were not used for 30 days."
        " Delete bindings that are no longer needed, and remove the type instance-secret if the"
        " secret of an instance is unused.",
        "overview.unused.empty": "Every credential older than 30 days was used within 30 days.",
        "overview.unused.uncounted": "Uses have been counted since {day}. Which credentials are"
        " unused is known 30 days later.",
        "overview.whole.unused": "All unused credentials",
        "overview.failing.title": "Failing clients",
        "overview.all_failing.title": "Failing clients of all zones",
        "overview.failing.text": "Authentications that were refused within 7 days, by client and"
        " reason. Attempts from one address within a minute count for the first client among"
        " them. The page of the instance shows refused attempts by binding.",
        "overview.failing.empty": "No client was refused within 7 days.",
        "overview.whole.failing": "All failing clients",
        "overview.references.title": "Unresolved references",
        "overview.all_references.title": "Unresolved references of all zones",
        "overview.references.text": "Scopes and role templates of applications that do not exist in"
        " the zone. They have no effect until the application is created, or the reference is"
        " corrected with an update of xs-security.json.",
        "overview.references.empty": "Every application to which another refers exists.",
        "overview.whole.references": "All unresolved references",
        "overview.approvals.title": "Waiting approvals",
        "overview.all_approvals.title": "Waiting approvals of all zones",
        "overview.approvals.text": "Applications that request scopes of the administration APIs."
        " Their tokens contain these scopes after the operator's approval.",
        "overview.approvals.empty": "No application waits for an approval.",
        "overview.whole.approvals": "All waiting approvals",
        "overview.approval.title": "Approval of an application",
        "overview.approval.apiaccess": "With the approval, this client can administer users,"
        " roles and providers of its zone.",
        "overview.approval.application": "With the approval, users who hold these scopes can"
        " administer the zone through this application.",
        "overview.approval.at": "Last approval",
        "overview.approval.scopes": "Requested scopes",
        "overview.approval.waiting": "waiting",
        "overview.approval.approved": "approved",
        "overview.approval.none": "The application requests no scopes of the administration APIs.",
        "overview.approval.exactly": "Exactly the scopes above are approved. If the application"
        " requests others meanwhile, nothing is approved.",
        "overview.approval.approve": "Approve these scopes",
        "overview.approval.operator": "Only the operator of the broker can approve them.",
        "done.application_approved": "The application is approved. New tokens contain the scopes.",
    },
    "de": {
        "overview.zone.title": "Übersicht",
        "overview.all.title": "Übersicht aller Zonen",
        "overview.back": "Zurück zur Übersicht",
        "overview.none_found": "Keine Zeile passt zur Suche.",
        "overview.application": "Anwendung",
        "overview.client": "Client",
        "overview.zone_column": "Zone",
        "overview.type": "Typ",
        "overview.life": "Verbleibende Laufzeit",
        "overview.life.expired": "abgelaufen",
        "overview.life.tenth": "unter einem Zehntel",
        "overview.life.third": "unter einem Drittel",
        "overview.expires": "Läuft ab",
        "overview.used": "Zuletzt benutzt",
        "overview.created": "Angelegt",
        "overview.reason": "Grund",
        "overview.attempts": "Abgelehnte Versuche",
        "overview.last": "Letzter Versuch",
        "overview.several": "mehrere Clients",
        "overview.binding": "Bindung",
        "overview.no_binding": "Secret der Instanz",
        "overview.referenced": "Scope oder Role-Template",
        "overview.usage": "Schlüssel der xs-security.json",
        "overview.referrer": "Deklariert in",
        "overview.target": "Fehlende Anwendung",
        "overview.plan": "Plan",
        "overview.missing": "Scopes ohne Freigabe",
        "overview.expiring.title": "Ablaufende Zertifikate",
        "overview.all_expiring.title": "Ablaufende Zertifikate aller Zonen",
        "overview.expiring.text": "Zertifikate von Bindungen, die weniger als ein Drittel ihrer"
        " Laufzeit übrig haben, und solche, die in den letzten 7 Tagen abgelaufen sind. Eine"
        " Bindung soll vor dem letzten Drittel rotiert werden; ihre Seite nennt die Befehle.",
        "overview.expiring.empty": "Kein Zertifikat hat weniger als ein Drittel seiner Laufzeit"
        " übrig.",
        "overview.whole.expiring": "Alle ablaufenden Zertifikate",
        "overview.unused.title": "Unbenutzte Zugangsdaten",
        "overview.all_unused.title": "Unbenutzte Zugangsdaten aller Zonen",
        "overview.unused.text": "Zugangsdaten, die akzeptiert werden, aber 30 Tage lang nicht"
        " benutzt wurden. Löschen Sie Bindungen, die nicht mehr gebraucht werden, und entfernen Sie"
        " den Typ instance-secret, wenn das Secret einer Instanz unbenutzt ist.",
        "overview.unused.empty": "Alle Zugangsdaten, die älter als 30 Tage sind, wurden in den"
        " letzten 30 Tagen benutzt.",
        "overview.unused.uncounted": "Benutzungen werden seit {day} gezählt. Welche Zugangsdaten"
        " unbenutzt sind, steht 30 Tage später fest.",
        "overview.whole.unused": "Alle unbenutzten Zugangsdaten",
        "overview.failing.title": "Abgelehnte Clients",
        "overview.all_failing.title": "Abgelehnte Clients aller Zonen",
        "overview.failing.text": "Anmeldungen von Clients, die in den letzten 7 Tagen abgelehnt"
        " wurden, nach Client und Grund. Versuche von einer Adresse in einer Minute zählen für den"
        " ersten Client darunter. Die Seite der Instanz zeigt abgelehnte Versuche je Bindung.",
        "overview.failing.empty": "In den letzten 7 Tagen wurde kein Client abgelehnt.",
        "overview.whole.failing": "Alle abgelehnten Clients",
        "overview.references.title": "Offene Verweise",
        "overview.all_references.title": "Offene Verweise aller Zonen",
        "overview.references.text": "Scopes und Role-Templates von Anwendungen, die es in der Zone"
        " nicht gibt. Sie wirken erst, wenn die Anwendung angelegt oder der Verweis mit einem"
        " Update der xs-security.json berichtigt ist.",
        "overview.references.empty": "Jede Anwendung, auf die eine andere verweist, gibt es.",
        "overview.whole.references": "Alle offenen Verweise",
        "overview.approvals.title": "Wartende Freigaben",
        "overview.all_approvals.title": "Wartende Freigaben aller Zonen",
        "overview.approvals.text": "Anwendungen, die Scopes der Administrations-APIs anfordern."
        " Ihre Tokens enthalten diese Scopes nach der Freigabe durch den Betreiber.",
        "overview.approvals.empty": "Keine Anwendung wartet auf eine Freigabe.",
        "overview.whole.approvals": "Alle wartenden Freigaben",
        "overview.approval.title": "Freigabe einer Anwendung",
        "overview.approval.apiaccess": "Mit der Freigabe kann dieser Client Benutzer, Rollen und"
        " Provider seiner Zone verwalten.",
        "overview.approval.application": "Mit der Freigabe können Benutzer, die diese Scopes haben,"
        " die Zone mit dieser Anwendung verwalten.",
        "overview.approval.at": "Letzte Freigabe",
        "overview.approval.scopes": "Angeforderte Scopes",
        "overview.approval.waiting": "wartet",
        "overview.approval.approved": "freigegeben",
        "overview.approval.none": "Die Anwendung fordert keine Scopes der Administrations-APIs an.",
        "overview.approval.exactly": "Genau die Scopes oben werden freigegeben. Wenn die Anwendung"
        " inzwischen andere anfordert, wird nichts freigegeben.",
        "overview.approval.approve": "Diese Scopes freigeben",
        "overview.approval.operator": "Nur der Betreiber des Brokers kann sie freigeben.",
        "done.application_approved": "Die Anwendung ist freigegeben. Neue Tokens enthalten die"
        " Scopes.",
    },
}
