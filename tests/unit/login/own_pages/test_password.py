"""``/change-password`` (I-17, I-22); the check is that of logins (I-19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.authentication.session import Sessions
from broker.errors import GrantRefused
from tests.support.passwords import PASSWORD
from tests.support.users import stored_provider, stored_user
from tests.unit.login.own_pages.test_account import form_to, logged_in

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.login_service import Logins
    from tests.support.visitors import Reply, Visitor

PATH = "/change-password"
NEW = "seven yellow kites over harbour"


def change(visitor: Visitor, current: str = PASSWORD, new: str = NEW, again: str = "") -> Reply:
    form = form_to(visitor.get(PATH), "/account/password")
    fields = {"current_password": current, "new_password": new}
    return visitor.post(
        form.action, {**form.fields, **fields, "new_password_repeated": again or new}
    )


def begin(logins: Logins, user: User) -> str:
    """Return the cookie of a session that an identity provider's logon began."""
    sessions = Sessions(logins.domain.transactions, logins.domain.clock)
    value, _ = logins.domain.transactions.run(
        lambda store: sessions.begin(store, user, ("ext", "oauth"))
    )
    return value


def test_the_session_goes_on_alone_with_a_new_id(logins: Logins) -> None:
    """I-83."""
    user = logins.user()
    visitor, other = logged_in(logins), logged_in(logins)
    refresh_token = logins.grants.started(logon=logins.grants.logon(user)).refresh_token
    reply = change(visitor)
    assert (reply.status, reply.location) == (303, "/account")
    assert any("session" in each for each in reply.set_cookies)
    done = visitor.get("/account", **reply.query)
    assert "Your password is changed." in done.text
    assert done.text.count("<tr ") == 2
    assert other.get("/account", zone=user.zone.guid).is_login_page
    with pytest.raises(GrantRefused):
        logins.grants.refresh(refresh_token)
    assert logins.visitor().log_in(logins.authorize(other), "ben", PASSWORD).status != 303
    another = logins.visitor()
    assert another.log_in(logins.authorize(another), "ben", NEW).status == 303


def test_a_refusal_keeps_the_password(logins: Logins) -> None:
    logins.user()
    visitor = logged_in(logins)
    wrong = "The current password is wrong."
    for passwords, status, text in (
        (("wrong", NEW, NEW), 403, wrong),
        (("", NEW, NEW), 403, wrong),
        (("a" * 5000, NEW, NEW), 403, wrong),
        ((PASSWORD, NEW, NEW + "x"), 400, "The two new passwords are different."),
        ((PASSWORD, PASSWORD, PASSWORD), 400, "must differ from the current one"),
        ((PASSWORD, "short", "short"), 400, "at least 15 characters"),
        ((PASSWORD, "a" * 5000, "a" * 5000), 400, "too long"),
    ):
        page = change(visitor, *passwords)
        assert (page.status, text in page.text) == (status, True)
    assert change(visitor).status == 303


def test_guesses_are_limited(logins: Logins) -> None:
    """I-19: a stolen session does not help to guess the password without limit."""
    logins.user()
    visitor = logged_in(logins)
    replies = [change(visitor, "wrong") for _ in range(12)]
    last = replies[-1]
    assert last.status == 429
    assert int(last.headers["Retry-After"]) > 0
    assert "Too many failed attempts." in last.text


def test_the_current_password_is_checked_before_the_new_one(logins: Logins) -> None:
    """D-41: the strength of passwords costs time, which a stolen session must not obtain."""
    logins.user()
    visitor = logged_in(logins)
    replies = [change(visitor, "wrong", "short") for _ in range(12)]
    assert (replies[0].status, replies[-1].status) == (403, 429)


def test_a_refused_new_password_is_no_failure(logins: Logins) -> None:
    """I-20: the current password is right."""
    logins.user()
    visitor = logged_in(logins)
    assert {change(visitor, new="short").status for _ in range(12)} == {400}
    assert change(visitor).status == 303


def test_a_busy_service_keeps_the_form(logins: Logins) -> None:
    """I-15."""
    logins.user()
    visitor = logged_in(logins)
    logins.hashing.is_late = True
    page = change(visitor)
    assert (page.status, page.headers["Retry-After"]) == (503, "1")
    assert "busy" in page.text


def test_users_of_providers_have_no_password_to_change(logins: Logins) -> None:
    """The password of a local user with the same name is not theirs."""
    local = logins.user()
    stored_provider(logins.domain, local.zone, "corp")
    user = stored_user(logins.domain, local.zone, "ben", origin="corp")
    visitor = logins.visitor()
    for _ in range(2):
        value = begin(logins, user)
    visitor.set_cookie(f"__Host-xs-session-{user.zone.index}", value)
    account = visitor.get("/account")
    assert PATH not in account.text
    reply = visitor.get(PATH)
    assert (reply.status, reply.location) == (303, "/account")
    token = form_to(account, "/account/sessions").fields["csrf"]
    own = logged_in(logins)
    form = form_to(own.get(PATH), "/account/password")
    fields = {"current_password": PASSWORD, "new_password": NEW, "new_password_repeated": NEW}
    refused = visitor.post(form.action, {**fields, "csrf": token})
    assert "The current password is wrong." in refused.text
    assert change(own).status == 303


def test_without_a_session_the_login_leads_back(logins: Logins) -> None:
    user, visitor = logins.user(), logins.visitor()
    page = visitor.get(PATH, zone=user.zone.subdomain)
    assert page.is_login_page
    assert visitor.log_in(page, "ben", PASSWORD).location == PATH


def test_the_form_of_another_site_is_refused(logins: Logins) -> None:
    logins.user()
    visitor = logged_in(logins)
    form = form_to(visitor.get(PATH), "/account/password")
    fields = {**form.fields, "current_password": PASSWORD, "new_password": NEW}
    fields["new_password_repeated"] = NEW
    assert visitor.post(form.action, {**fields, "csrf": "x"}).status == 403
    assert visitor.post(form.action, fields, {"Origin": "https://x.example"}).status == 403


def test_password_managers_find_the_page(logins: Logins) -> None:
    """I-96."""
    reply = logins.visitor().get("/.well-known/change-password")
    assert (reply.status, reply.headers["Location"]) == (302, PATH)
