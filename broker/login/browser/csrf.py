"""Protection of forms against requests of other sites (I-92, TH-04)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

    from broker.credentials.browser_values import BrowserValues

FIELD: Final = "csrf"
"""The name of the form's field."""

_KIND = "csrf"
_MAX_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Csrf:
    """Makes and checks the tokens of forms; each is another text, so that it cannot be guessed.

    A token is bound to the browser and to the form: ``binding`` is the session's row id, or the
    value of the cookie before the login.
    """

    values: BrowserValues

    def token(self, binding: str, form: str) -> str:
        """Return a token for the form of this name."""
        return self.values.seal(_KIND, b"", binding, form)

    def is_valid(self, token: str, binding: str, form: str) -> bool:
        """Return whether it is a token of this browser for this form."""
        is_bounded = len(token) <= _MAX_LENGTH
        return is_bounded and self.values.open(_KIND, token, binding, form) is not None


def is_of_same_origin(headers: Headers, origin: str) -> bool:
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
