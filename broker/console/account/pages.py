"""The pages of the family ``account``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from broker.console.page import Navigation, Page
from broker.console.rights import EVERYONE
from broker.console.view import Done, View
from broker.errors import InvalidRequest
from broker.login.own_zone import PARAMETER
from broker.login.pages.views import CHANGE_PASSWORD_ACTION

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services

OWN: Final = "/console/account"

_NOTHING: Final = "done.account_nothing_ended"
_ROW_ID = re.compile("[0-9]{1,19}")


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show the user's sessions and applications."""
    user = asked.user
    sessions, consents = services.own_access.of(user)
    password = f"{CHANGE_PASSWORD_ACTION}?{PARAMETER}={user.zone.guid}" if user.is_local else ""
    model = {
        "sessions": sessions,
        "current": asked.session.row_id,
        "consents": consents,
        "password": password,
    }
    return View(template="account/own", model=model)


def end(services: Services, asked: ConsoleRequest) -> Done:
    """End the session in the form, or withdraw the consent to the application in it."""
    session, application = (asked.form.get(name, "") for name in ("session", "application"))
    if _ROW_ID.fullmatch(session):
        is_done = services.own_access.end_session(asked.user, int(session))
        return Done(OWN, "done.account_session_ended" if is_done else _NOTHING)
    if _ROW_ID.fullmatch(application):
        is_done = services.own_access.withdraw(asked.user, int(application))
        return Done(OWN, "done.account_withdrawn" if is_done else _NOTHING)
    raise InvalidRequest.at("session", "no session and no application", "one of the page's")


PAGES: Final = (
    Page(
        path=OWN,
        name="account.own",
        right=EVERYONE,
        handler=show,
        navigation=Navigation("own", 10),
    ),
    Page(method="POST", path=OWN, name="account.own", right=EVERYONE, handler=end),
)
