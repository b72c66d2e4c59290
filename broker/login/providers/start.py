"""The start of a logon at an identity provider (I-36, I-37)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Response

    from broker.identity.providers.provider import Provider


@dataclass(frozen=True, slots=True)
class Hints:
    """What the authorization request asks of the logon.

    ``is_fresh``: the user must authenticate again (``prompt=login``); ``max_age`` in seconds.
    """

    login_hint: str | None = None
    is_fresh: bool = False
    max_age: int | None = None
    ui_locales: str | None = None


@dataclass(frozen=True, slots=True)
class StartLogon:
    """Redirects to an identity provider."""

    def __call__(self, provider: Provider, pending: str, hints: Hints = Hints()) -> Response:
        """Return the redirect (303) to the provider, with the cookie of the attempt.

        ``pending`` is the sealed authorization request; its text returns at the callback
        unchanged. Raises PageError if it is too large, or the provider cannot be reached.
        """
        raise NotImplementedError
