"""The texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "signing_keys.list.title": "Signing keys",
        "signing_keys.one.title": "Signing key",
        "signing_keys.key": "Key",
        "signing_keys.state": "State",
        "signing_keys.state.published": "published, signs later",
        "signing_keys.state.signing": "signs tokens",
        "signing_keys.state.verifying": "only verifies tokens",
        "signing_keys.state.retired": "retired",
        "signing_keys.published": "Published",
        "signing_keys.signs_from": "Signs from",
        "signing_keys.retired": "Retired",
        "signing_keys.not_retired": "no",
        "signing_keys.empty": "There is no signing key. A server creates the first one at its"
        " start.",
        "signing_keys.what": "What a revocation breaks",
        "signing_keys.text": "All tokens that this key signed become invalid at once. The"
        " applications below got tokens while the key was in use, at most one day ago; they must"
        " request new ones. Applications that verify tokens themselves accept the key until they"
        " fetch the keys again.",
        "signing_keys.rotate": "A rotation replaces the key without failed requests. Revoke a key"
        " only after a leak:",
        "signing_keys.lost": "Applications that lose their tokens",
        "signing_keys.nothing_lost": "No application got a token with this key in the last day.",
        "signing_keys.application": "Application",
        "signing_keys.zone": "Zone",
        "signing_keys.used": "Last token request",
        "signing_keys.back": "All signing keys",
    },
    "de": {
        "signing_keys.list.title": "Signaturschlüssel",
        "signing_keys.one.title": "Signaturschlüssel",
        "signing_keys.key": "Schlüssel",
        "signing_keys.state": "Status",
        "signing_keys.state.published": "veröffentlicht, signiert später",
        "signing_keys.state.signing": "signiert Tokens",
        "signing_keys.state.verifying": "prüft nur noch Tokens",
        "signing_keys.state.retired": "abgelaufen",
        "signing_keys.published": "Veröffentlicht",
        "signing_keys.signs_from": "Signiert ab",
        "signing_keys.retired": "Ende",
        "signing_keys.not_retired": "nein",
        "signing_keys.empty": "Es gibt keinen Signaturschlüssel. Ein Server legt den ersten beim"
        " Start an.",
        "signing_keys.what": "Was ein Widerruf bricht",
        "signing_keys.text": "Alle Tokens, die dieser Schlüssel signiert hat, werden sofort"
        " ungültig. Die Anwendungen unten haben höchstens vor einem Tag Tokens erhalten, während"
        " der Schlüssel in Gebrauch war; sie müssen neue anfordern. Anwendungen, die Tokens selbst"
        " prüfen, akzeptieren den Schlüssel, bis sie die Schlüssel erneut abrufen.",
        "signing_keys.rotate": "Eine Rotation ersetzt den Schlüssel ohne fehlgeschlagene Anfragen."
        " Widerrufen Sie einen Schlüssel nur, wenn er bekannt wurde:",
        "signing_keys.lost": "Anwendungen, die ihre Tokens verlieren",
        "signing_keys.nothing_lost": "Im letzten Tag hat keine Anwendung ein Token mit diesem"
        " Schlüssel erhalten.",
        "signing_keys.application": "Anwendung",
        "signing_keys.zone": "Zone",
        "signing_keys.used": "Letzte Token-Anfrage",
        "signing_keys.back": "Alle Signaturschlüssel",
    },
}
