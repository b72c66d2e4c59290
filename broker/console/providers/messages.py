"""The texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "providers.list.title": "Identity providers",
        "providers.one.title": "Identity provider",
        "providers.state.title": "Change the state of an identity provider",
        "providers.name": "Name",
        "providers.origin": "Origin",
        "providers.issuer": "Issuer",
        "providers.state": "State",
        "providers.state.active": "active",
        "providers.state.inactive": "inactive",
        "providers.users": "Users",
        "providers.mappings": "Mappings",
        "providers.changed": "Changed",
        "providers.empty": "This zone has no identity provider.",
        "providers.test": "Test login",
        "providers.test_text": "The command prints a URL at which to log on, and then the claims,"
        " the resulting user and the mappings that apply. It creates no user; the provider may be"
        " inactive.",
        "providers.activate": "Activate",
        "providers.deactivate": "Deactivate",
        "providers.activate_text": "Users of {name} can log on again.",
        "providers.deactivate_text": "Users of {name} can no longer log on, and their tokens are no"
        " longer renewed. Type the origin to confirm.",
        "done.providers_activated": "The identity provider is active.",
        "done.providers_deactivated": "The identity provider is inactive.",
    },
    "de": {
        "providers.list.title": "Identitätsanbieter",
        "providers.one.title": "Identitätsanbieter",
        "providers.state.title": "Zustand eines Identitätsanbieters ändern",
        "providers.name": "Name",
        "providers.origin": "Origin",
        "providers.issuer": "Issuer",
        "providers.state": "Zustand",
        "providers.state.active": "aktiv",
        "providers.state.inactive": "inaktiv",
        "providers.users": "Benutzer",
        "providers.mappings": "Zuordnungen",
        "providers.changed": "Geändert",
        "providers.empty": "Diese Zone hat keinen Identitätsanbieter.",
        "providers.test": "Testanmeldung",
        "providers.test_text": "Der Befehl gibt eine URL für die Anmeldung aus, danach die Claims,"
        " den entstehenden Benutzer und die Zuordnungen, die gelten. Er legt keinen Benutzer an;"
        " der Anbieter kann inaktiv sein.",
        "providers.activate": "Aktivieren",
        "providers.deactivate": "Deaktivieren",
        "providers.activate_text": "Benutzer von {name} können sich wieder anmelden.",
        "providers.deactivate_text": "Benutzer von {name} können sich nicht mehr anmelden, und ihre"
        " Tokens werden nicht mehr erneuert. Geben Sie zur Bestätigung den Origin ein.",
        "done.providers_activated": "Der Identitätsanbieter ist aktiv.",
        "done.providers_deactivated": "Der Identitätsanbieter ist inaktiv.",
    },
}
