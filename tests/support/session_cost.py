"""What an authorization request of a browser with a session costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from broker.store.tables.identity import shadow_user
from tests.support.passwords import PASSWORD
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from tests.support.login_service import Logins


def statements_of_codes(logins: Logins) -> tuple[int, int]:
    """Return the statements of a usual request with a session, and those of the most expensive.

    The latter looks up the user's roles again and records the use of the session.
    """
    user = logins.user()
    visitor = logins.visitor()
    visitor.log_in(logins.authorize(visitor), user.name, PASSWORD)
    engine = logins.domain.engine

    def cost() -> int:
        with statements_of(engine) as statements:
            assert logins.authorize(visitor).query["code"]
        return sum(not each.startswith(("BEGIN", "PRAGMA")) for each in statements)

    usual = cost()
    logins.domain.clock.advance(minutes=2)
    with engine.begin() as connection:
        connection.execute(update(shadow_user).values(roles_epoch=shadow_user.c.roles_epoch + 1))
    return usual, cost()
