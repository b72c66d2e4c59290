"""German texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final = {
    "access.explain.title": "Zugriff erklären",
    "access.explain.submit": "Erklären",
    "access.explain.text": "Warum ein Benutzer in einer Anwendung etwas darf oder was dazu fehlt:"
    " nach der Entscheidung, mit der Token ausgestellt werden, auf den Daten dieses"
    " Augenblicks.",
    "access.holders.title": "Benutzer mit einem Scope",
    "access.holders.submit": "Wer hat diesen Scope",
    "access.holders.text": "Benutzer, deren Rollensammlungen einen Scope einer Anwendung geben.",
    "access.user": "Benutzer",
    "access.user_hint": "Name oder Id",
    "access.provider": "Anbieter",
    "access.origin": "Identitätsanbieter",
    "access.client": "Anwendung",
    "access.client_hint": "Client-Id, Anwendungs-Id, xsappname oder Service-Instanz",
    "access.scope": "Scope",
    "access.scope_hint": "Für eine Erklärung optional. Wie im Token oder wie in xs-security.json.",
    "access.contained": "Im Token",
    "access.yes": "ja",
    "access.no": "nein",
    "access.why": "Warum",
    "access.answer.may": "{user} ({origin}) darf: Token für {client} enthalten {scope}.",
    "access.answer.may_not": "{user} ({origin}) darf nicht: Token für {client} enthalten {scope}"
    " nicht.",
    "access.answer.some": "Token von {user} ({origin}) für {client} enthalten {n} von {total}"
    " Scopes.",
    "access.paths": "Wie der Benutzer den Scope erhält",
    "access.gaps": "Was fehlt",
    "access.chain": "Weg {n}",
    "access.more": "{n} weitere Wege werden nicht gezeigt.",
    "access.step.user": "Benutzer",
    "access.step.collection": "Rollensammlung",
    "access.step.role": "Rolle",
    "access.step.client": "Client",
    "access.step.scope": "Scope",
    "access.step.broken": "fehlt",
    "access.every_user": "jeder Benutzer",
    "access.assigned": "zugewiesen",
    "access.assigned_until": "zugewiesen bis {time} UTC",
    "access.by_mapping": "Zuordnung {attribute} = {value}",
    "access.not_assigned": "nicht zugewiesen",
    "access.to.provider": "Identitätsanbieter öffnen",
    "access.to.update": "Was ein Update unterbrechen würde",
    "access.scopes": "Scopes der Anwendung",
    "access.no_scopes": "Die Anwendung definiert keinen Scope.",
    "access.all_scopes": "Alle Scopes dieses Benutzers",
    "access.token": "Was ein Token enthielte",
    "access.token.text": "Kein Token, sondern die Claims, die nicht von der Anfrage abhängen. Jedes"
    " Token hat außerdem jti, iat, exp ({seconds} Sekunden später), auth_time, grant_type und"
    " rev_sig; cnf und az_attr, wenn die Anfrage ein Zertifikat oder Attribute hat.",
    "access.token.none": "Der Benutzer erhielte kein Token für diesen Client.",
    "access.collections": "Rollensammlungen mit dem Scope",
    "access.mappings": "Zuordnungen, die ihn geben",
    "access.mappings.text": "Wem eine Zuordnung die Rollensammlung gibt, steht erst mit der"
    " Anmeldung des Benutzers fest: Die Liste oben enthält nur Zuweisungen. Was für einen"
    " Benutzer gilt, zeigt die Erklärung seines Zugriffs.",
    "access.mappings.more": "Es gibt weitere Zuordnungen; die Seiten der Rollensammlungen zeigen"
    " alle.",
    "access.partial": "Mehr Rollensammlungen enthalten den Scope, als auf einmal gelesen werden:"
    " Die Liste ist nicht vollständig.",
    "access.of_every_user": "Jeder Benutzer hat diesen Scope ohne Rolle, wenn der Client ihn haben"
    " darf.",
    "access.attribute": "Attribut",
    "access.value": "Wert",
    "access.assigned_by": "Zugewiesen von",
    "access.since": "Seit",
    "access.until": "Bis",
    "access.unlimited": "unbefristet",
    "access.no_holders": "Kein aktiver Benutzer hat den Scope durch eine Zuweisung. Weisen Sie eine"
    " Rollensammlung zu, die ihn enthält.",
    "access.none_found": "Kein Benutzer passt. Setzen Sie die Suche zurück.",
    "access.problem.no_user": "Die Zone {zone} hat keinen Benutzer {user} des Identitätsanbieters"
    " {origin}. Suchen Sie den Namen unter den Benutzern.",
    "access.problem.other_origin": "Die Zone {zone} hat keinen Benutzer {user} des"
    " Identitätsanbieters {origin}, aber Benutzer dieses Namens:",
    "access.problem.no_application": "Die Zone {zone} hat keine Anwendung {client}: Das ist weder"
    " eine Client-Id, eine Anwendungs-Id oder ein xsappname noch Id oder Name einer"
    " Service-Instanz.",
    "access.problem.several_applications": "Mehrere Anwendungen haben den Namen {client}. Geben Sie"
    " die Anwendungs-Id an: {names}.",
    "access.problem.built_in": "{client} ist die eingebaute Anwendung der Zone; für sie gibt es"
    " keine Token.",
    "access.problem.refused": "Der Benutzer erhielte kein Token: {text}.",
    "access.missing.OTHER_ZONE": "Benutzer und Client gehören zu verschiedenen Zonen",
    "access.fix.OTHER_ZONE": "Benutzer erhalten Token nur für Clients ihrer eigenen Zone.",
    "access.missing.INACTIVE_USER": "Benutzer ist inaktiv",
    "access.fix.INACTIVE_USER": "Aktivieren Sie {user}.",
    "access.missing.INACTIVE_PROVIDER": "Identitätsanbieter ist inaktiv",
    "access.fix.INACTIVE_PROVIDER": "Aktivieren Sie den Identitätsanbieter {origin}.",
    "access.missing.EXPIRED": "Zuweisung ist abgelaufen",
    "access.fix.EXPIRED": "Weisen Sie {collection} erneut zu.",
    "access.missing.OLD_SNAPSHOT": "Anmeldung ist zu lange her",
    "access.fix.OLD_SNAPSHOT": "Was {origin} bei der letzten Anmeldung über {user} angab, ist zu"
    " alt. {user} muss sich neu anmelden.",
    "access.missing.NO_VALUE": "Attribut hat keinen Wert",
    "access.fix.NO_VALUE": "Die Rolle {role} hat keinen Wert für {attribute}, oder {origin} sendet"
    " keinen. Legen Sie eine Rolle der Vorlage {template} mit einem Wert an und fügen Sie sie"
    " einer Rollensammlung hinzu, oder lassen Sie {origin} den Wert senden.",
    "access.missing.RESTRICTED_ELSEWHERE": "Rolle ist für eine andere Anwendung eingeschränkt",
    "access.fix.RESTRICTED_ELSEWHERE": "Die Rolle {role} schränkt Attribute ein, die nur Token für"
    " {app} enthalten. Verwenden Sie einen Client von {app} oder eine Rolle ohne"
    " Einschränkung.",
    "access.missing.NOT_IN_TEMPLATE": "Rollenvorlage kann den Scope nicht enthalten",
    "access.fix.NOT_IN_TEMPLATE": "Keine Rolle gibt diesen Scope: Entfernen Sie ihn aus der"
    " Vorlage {template} in der xs-security.json von {app}.",
    "access.missing.PENDING": "Referenzierte Anwendung existiert nicht",
    "access.fix.PENDING": "Die Vorlage {template} von {app} verweist auf eine Anwendung, die es"
    " nicht gibt. Legen Sie sie an oder berichtigen Sie den Verweis in der xs-security.json"
    " von {app}.",
    "access.missing.NOT_GRANTED_TO_TEMPLATE": "Scope ist der Anwendung der Vorlage nicht gewährt",
    "access.fix.NOT_GRANTED_TO_TEMPLATE": "Gewähren Sie {app} den Scope in der xs-security.json"
    " von {owner}.",
    "access.missing.NOT_DEFINED": "Scope ist nicht definiert",
    "access.fix.NOT_DEFINED": "Definieren Sie den Scope in der xs-security.json von {client}.",
    "access.missing.NOT_NAMED": "Anwendung verlangt den Scope nicht",
    "access.fix.NOT_NAMED": "Nennen Sie den Scope in der xs-security.json von {client}.",
    "access.missing.NOT_APPROVED": "Scope ist nicht verlangt oder nicht genehmigt",
    "access.fix.NOT_APPROVED": "Verlangen Sie den Scope in der xs-security.json von {client}; der"
    " Betrieb genehmigt ihn.",
    "access.missing.NOT_GRANTED": "Scope ist der Anwendung nicht gewährt",
    "access.fix.NOT_GRANTED": "Gewähren Sie {client} den Scope in der xs-security.json der"
    " Anwendung, die {scope} definiert.",
    "access.missing.NOT_ACCEPTED": "Anwendung nimmt den Scope nicht an",
    "access.fix.NOT_ACCEPTED": "Nehmen Sie den Scope in der xs-security.json von {client} an.",
    "access.missing.NOT_HELD": "Rollensammlung ist nicht zugewiesen",
    "access.fix.NOT_HELD": "Weisen Sie {user} die Rollensammlung {collection} zu.",
    "access.missing.NO_COLLECTION": "Keine Rollensammlung enthält den Scope",
    "access.fix.NO_COLLECTION": "Fügen Sie einer Rollensammlung eine Rolle hinzu, deren Vorlage"
    " den Scope enthält, und weisen Sie diese zu.",
    "access.missing.NO_USER_GRANT": "Client hat keine Grant-Art für Benutzer",
    "access.fix.NO_USER_GRANT": "Fügen Sie eine in der xs-security.json von {client} hinzu.",
    "access.missing.PROVIDER_NOT_ALLOWED": "Client lässt den Identitätsanbieter nicht zu",
    "access.fix.PROVIDER_NOT_ALLOWED": "Lassen Sie {origin} in der xs-security.json von {client}"
    " zu.",
}
