"""The change that an administrator demands (I-21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from broker.store.tables.user_grants import user_session
from tests.support.passwords import PASSWORD, set_fast_password

if TYPE_CHECKING:
    from tests.support.login_service import Logins
    from tests.support.visitors import Reply, Visitor

NEW = "seven yellow kites over harbour"
ACTION = "/change-password"


def demanded(logins: Logins, visitor: Visitor) -> Reply:
    page = visitor.log_in(logins.authorize(visitor), "ben", PASSWORD)
    assert (page.status, page.form(ACTION).inputs) == (
        200,
        ["username", "new_password", "new_password_repeated"],
    )
    return page


def change(visitor: Visitor, page: Reply, new: str, repeated: str | None = None) -> Reply:
    fields = {"new_password": new, "new_password_repeated": new if repeated is None else repeated}
    return visitor.submit(page, ACTION, **fields)


def sessions(logins: Logins) -> int:
    with logins.domain.engine.connect() as connection:
        return len(connection.execute(select(user_session)).all())


def test_the_login_continues_with_the_new_password(logins: Logins) -> None:
    user, visitor = logins.user(change_required=True), logins.visitor()
    page = demanded(logins, visitor)
    assert sessions(logins) == 0
    reply = change(visitor, page, NEW)
    assert (reply.status, "code" in reply.query) == (303, True)
    assert logins.grants.exchange(reply.query["code"]).subject.user_id == user.user_id
    assert logins.authorize(visitor).status == 302
    other = logins.visitor()
    assert other.log_in(logins.authorize(other), "ben", PASSWORD).status == 401
    assert other.log_in(logins.authorize(other), "ben", NEW).status == 303


def test_the_change_is_audited(logins: Logins) -> None:
    user, visitor = logins.user(change_required=True), logins.visitor()
    change(visitor, demanded(logins, visitor), NEW)
    with logins.domain.engine.connect() as connection:
        text = str(connection.exec_driver_sql("select * from audit_event").all())
    assert "set-password" in text
    assert f"'{user.user_id}'" in text or user.user_id in text
    assert NEW not in text


@pytest.mark.parametrize(
    ("new", "repeated", "text"),
    [
        (NEW, NEW + "x", "The two new passwords are different."),
        ("short", "short", "The password is too short: at least 15 characters."),
        (PASSWORD, PASSWORD, "The new password must differ from the current one."),
        ("a" * 300, "a" * 300, "The password is too long"),
        ("passwordpassword", "passwordpassword", "easy to guess"),
    ],
)
def test_a_refused_password_keeps_the_form(
    logins: Logins, new: str, repeated: str, text: str
) -> None:
    """I-17: the current password is not typed again."""
    logins.user(change_required=True)
    visitor = logins.visitor()
    page = change(visitor, demanded(logins, visitor), new, repeated)
    assert (page.status, text in page.text) == (400, True)
    assert sessions(logins) == 0
    assert change(visitor, page, NEW).status == 303


def test_the_proof_is_of_one_browser(logins: Logins) -> None:
    """TH-04."""
    logins.user(change_required=True)
    visitor, other = logins.visitor(), logins.visitor()
    fields = demanded(logins, visitor).form(ACTION).fields
    own = demanded(logins, other).form(ACTION).fields
    new = {"new_password": NEW, "new_password_repeated": NEW}
    for stolen in (fields, {**own, "proof": fields["proof"]}, {**own, "proof": ""}):
        assert other.post(ACTION, {**stolen, **new}).status in {400, 403}
    assert other.post(ACTION, {**own, "proof": [own["proof"]] * 2, **new}).status == 400
    assert other.post(ACTION, {**own, **new}).status == 303


def test_the_proof_ends(logins: Logins) -> None:
    """With time, with the change itself, and with a change by an administrator."""
    user, visitor = logins.user(change_required=True), logins.visitor()
    page = demanded(logins, visitor)
    set_fast_password(logins.domain, user, PASSWORD, change_required=True)
    assert change(visitor, page, NEW).status == 400
    page = demanded(logins, visitor)
    logins.domain.clock.advance(minutes=31)
    assert change(visitor, page, NEW).status == 400
    page = demanded(logins, visitor)
    assert change(visitor, page, NEW).status == 303
    assert change(visitor, page, NEW + "er").status == 400


def test_a_busy_server_keeps_the_form(logins: Logins) -> None:
    logins.user(change_required=True)
    visitor = logins.visitor()
    page = demanded(logins, visitor)
    logins.hashing.is_late = True
    page = change(visitor, page, NEW)
    assert (page.status, page.headers["Retry-After"]) == (503, "1")
    logins.hashing.is_late = False
    assert change(visitor, page, NEW).status == 303
