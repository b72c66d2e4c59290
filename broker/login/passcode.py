"""``/passcode``: a one-time code with which a logon continues on the command line (I-105)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authentication.passwords.passcode import LIFETIME
from broker.login.own_zone import PARAMETER
from broker.login.pages.views import PasscodePage
from broker.login.speculative import refuse_speculative

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Blueprint, Response

    from broker.authentication.passwords.passcode import Passcodes
    from broker.identity.zone import Zone
    from broker.login.browser.browser import Browser
    from broker.login.endpoints import Turns
    from broker.login.pages.rendering import Pages

PATH = "/passcode"


@dataclass(frozen=True, slots=True)
class PasscodeOfUser:
    """Creates passcodes for the user of the browser's session.

    ``log_on`` returns the page that logs the user on in a zone and leads to a page of this server.
    """

    browser: Browser
    pages: Pages
    passcodes: Passcodes
    own_zone: Callable[[], Zone]
    log_on: Callable[[Zone, str], Response]

    def __call__(self) -> Response:
        """Return the page with a new passcode, which ends an earlier one; raise BrokerError."""
        zone = self.own_zone()
        session = self.browser.session(zone)
        if session is None:
            return self.log_on(zone, f"{PATH}?{PARAMETER}={zone.guid}")
        code = self.passcodes.create(session.user, session.auth_time, session.amr)
        return self.pages.response(
            PasscodePage(
                zone_name=zone.subdomain,
                user_name=session.user.name,
                passcode=code,
                minutes=int(LIFETIME.total_seconds() // 60),
            )
        )


def add_passcode(blueprint: Blueprint, passcode: PasscodeOfUser, turns: Turns) -> None:
    """Serve ``/passcode``."""

    @blueprint.get(PATH)
    def show_passcode() -> Response:
        if (refused := refuse_speculative()) is not None:
            return refused
        with turns.short():
            return passcode()
