"""What was typed into a form that demanded a recent logon: kept until the form is shown again.

The values travel in a cookie of a few minutes, sealed for the session and the form's URL: neither
rows nor URLs contain them. What confirms an action is typed again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import request

from broker.compact_json import compact_json
from broker.console.confirm import FIELD as CONFIRMATION
from broker.login.browser.csrf import FIELD as CSRF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from broker.authentication.session import Session
    from broker.clock import Clock
    from broker.credentials.browser_values import BrowserValues
    from broker.login.browser.cookies import Cookies

LIFETIME: Final = timedelta(minutes=10)
MAX_CONTENT: Final = 1536
"""Bytes of names and values as JSON; a form with more is not kept."""

_KIND = "console form"
_MAX_LENGTH = MAX_CONTENT * 4 // 3 + 64


@dataclass(frozen=True, slots=True)
class KeptForms:
    """Keeps one form in the browser of the current request."""

    cookies: Cookies
    values: BrowserValues
    clock: Clock

    def keep(self, response: Response, session: Session, url: str, form: Mapping[str, str]) -> None:
        """Keep the values of a form whose page has this URL, if they are short enough."""
        kept = {name: each for name, each in form.items() if name not in {CONFIRMATION, CSRF}}
        content = compact_json([int(self.clock.now().timestamp()), kept])
        if len(content) <= MAX_CONTENT:
            name = self.cookies.console_form
            sealed = self.values.seal(_KIND, content, name, str(session.row_id), url)
            self.cookies.set(response, name, sealed, LIFETIME)

    def of(self, session: Session, url: str) -> Mapping[str, str]:
        """Return the values that were kept for the page, none without such a form."""
        name = self.cookies.console_form
        text = request.cookies.get(name, "")
        if not text or len(text) > _MAX_LENGTH:
            return {}
        content = self.values.open(_KIND, text, name, str(session.row_id), url)
        if content is None:
            return {}
        kept_at, kept = json.loads(content)  # sealed here
        is_old = self.clock.now().timestamp() >= kept_at + LIFETIME.total_seconds()
        return {} if is_old else kept

    def forget(self, response: Response) -> None:
        """Delete the kept form."""
        self.cookies.set(response, self.cookies.console_form, "", timedelta())
