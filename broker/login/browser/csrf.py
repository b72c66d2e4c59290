"""Protection of forms against requests of other sites (I-92, TH-04)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.credentials.digest import keyed_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.login.browser.keys import LoginKeys

FIELD = "csrf"
"""The name of the form's field."""

_PURPOSE = "csrf"
_TOKEN = re.compile(r"([0-9a-f]{1,16})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Csrf:
    """Makes and checks the tokens of forms.

    A token is bound to the browser and to the form: ``binding`` is the session's row id, or the
    value of the cookie before the login.
    """

    keys: LoginKeys

    def token(self, binding: str, form: str) -> str:
        """Return the token for the form of this name."""
        key_id, key = self.keys.newest(_PURPOSE)
        return f"{key_id:x}.{keyed_digest(key, binding, form).hex()}"

    def is_valid(self, token: str, binding: str, form: str) -> bool:
        """Return whether it is a token of this browser for this form."""
        match = _TOKEN.fullmatch(token)
        key = self.keys.numbered(int(match[1], 16), _PURPOSE) if match else None
        if match is None or key is None:
            return False
        return hmac.compare_digest(keyed_digest(key, binding, form).hex(), match[2])


def is_of_same_origin(headers: Mapping[str, str], origin: str) -> bool:
    """Return whether the browser reports that the request comes from this origin.

    Browsers that send neither header are accepted: the token decides. ``Origin: null`` is what
    browsers send from pages with ``Referrer-Policy: no-referrer``, but also from sandboxed frames
    of other sites: ``Sec-Fetch-Site`` tells them apart, which browsers omit on plain http.
    """
    site, sent = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site not in {None, "same-origin", "none"}:
        return False
    if sent == "null":
        return site is not None or origin.startswith("http:")
    return sent is None or hmac.compare_digest(sent.lower().encode(), origin.lower().encode())
