"""The texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "account.own.title": "My sessions and applications",
        "account.sessions": "Sessions",
        "account.applications": "Applications with your consent",
        "account.application": "Application",
        "account.scopes": "Scopes",
        "account.began": "Began",
        "account.seen": "Last used",
        "account.ends": "Ends",
        "account.action": "Action",
        "account.current": "this session",
        "account.end": "End session",
        "account.revoke": "Withdraw consent",
        "account.granted": "Granted",
        "account.no_applications": "No application has asked you for consent.",
        "account.change_password": "Change password",
        "done.account_session_ended": "The session has ended.",
        "done.account_withdrawn": "Your consent is withdrawn; the tokens of the application end.",
        "done.account_nothing_ended": "Nothing was changed: it had ended before.",
    },
    "de": {
        "account.own.title": "Meine Sitzungen und Anwendungen",
        "account.sessions": "Sitzungen",
        "account.applications": "Anwendungen mit Ihrer Zustimmung",
        "account.application": "Anwendung",
        "account.scopes": "Scopes",
        "account.began": "Beginn",
        "account.seen": "Zuletzt benutzt",
        "account.ends": "Ende",
        "account.action": "Aktion",
        "account.current": "diese Sitzung",
        "account.end": "Sitzung beenden",
        "account.revoke": "Zustimmung widerrufen",
        "account.granted": "Erteilt",
        "account.no_applications": "Keine Anwendung hat Sie um Zustimmung gebeten.",
        "account.change_password": "Passwort ändern",
        "done.account_session_ended": "Die Sitzung ist beendet.",
        "done.account_withdrawn": "Ihre Zustimmung ist widerrufen, die Tokens der Anwendung enden.",
        "done.account_nothing_ended": "Nichts wurde geändert: Das war bereits beendet.",
    },
}
