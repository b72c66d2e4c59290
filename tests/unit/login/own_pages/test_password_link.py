"""``/set-password`` (I-23, I-92); over HTTP in tests/edge/test_own_pages.py."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.audit.actor import Actor, ActorKind
from broker.authentication.passwords.links import LinkPurpose, PasswordLinks
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.login.pages.language import MESSAGES
from tests.support.domain import ADDRESSES
from tests.support.login_service import Logins
from tests.support.passwords import fast_hash
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain
    from tests.support.visitors import Reply, Visitor

PATH = "/set-password"
NEW = "seven yellow kites over harbour"
OPERATOR = Actor(ActorKind.COMMAND_LINE, "operator")
INVALID = MESSAGES["en"]["problem.link_invalid.title"]


def link_for(logins: Logins, user: User, purpose: LinkPurpose = LinkPurpose.RESET) -> str:
    domain = logins.domain
    set_password = SetPassword(domain.transactions, PasswordPolicy(), fast_hash)
    links = PasswordLinks(domain.transactions, domain.keys, set_password)
    return domain.transactions.run(lambda store: links.within(store, OPERATOR, user, purpose))


def redeem(visitor: Visitor, page: Reply, new: str, repeated: str | None = None) -> Reply:
    fields = {"new_password": new, "new_password_repeated": new if repeated is None else repeated}
    return visitor.submit(page, PATH, **fields)


@pytest.mark.parametrize(
    ("purpose", "title"),
    [
        (LinkPurpose.SETUP, "Set your password"),
        (LinkPurpose.RESET, "Reset your password"),
    ],
)
def test_the_page_names_its_purpose_and_user(
    logins: Logins, purpose: LinkPurpose, title: str
) -> None:
    user, visitor = logins.user(), logins.visitor()
    page = visitor.get(PATH, link=link_for(logins, user, purpose))
    assert page.status == 200
    assert f"<h1>{title}</h1>" in page.text
    assert "<b>ben</b>" in page.text
    assert page.form(PATH).inputs == ["username", "new_password", "new_password_repeated"]


def test_the_form_sets_the_password_and_ends_the_link(logins: Logins) -> None:
    user, visitor = logins.user(), logins.visitor()
    link = link_for(logins, user)
    page = visitor.get(PATH, link=link)
    done = redeem(visitor, page, NEW)
    assert done.status == 200
    assert f"/account?zone={user.zone.guid}" in done.text
    assert visitor.get(PATH, link=link).status == 404
    assert redeem(visitor, page, NEW).status == 404
    assert visitor.log_in(logins.authorize(visitor), "ben", NEW).status == 303


def test_a_refused_password_keeps_the_link(logins: Logins) -> None:
    user, visitor = logins.user(), logins.visitor()
    page = visitor.get(PATH, link=link_for(logins, user))
    for new, repeated, text in (
        (NEW, "other", "The two new passwords are different."),
        ("", "", "too short"),
        ("short", "short", "at least 15 characters"),
        ("ben" * 200, "ben" * 200, "too long"),
    ):
        page = redeem(visitor, page, new, repeated)
        assert (page.status, text in page.text) == (400, True)
    assert redeem(visitor, page, NEW).status == 200


def test_an_invalid_link_is_a_page(logins: Logins) -> None:
    visitor = logins.visitor()
    for link in ("", "x", "x" * 5000, "\x00", "ä"):
        page = visitor.get(PATH, link=link)
        assert (page.status, INVALID in page.text) == (404, True)


def test_a_repeated_link_is_invalid(logins: Logins) -> None:
    link = link_for(logins, logins.user())
    page = logins.visitor().send("GET", PATH, {"link": [link, link]})
    assert page.status == 404


def test_a_form_of_another_browser_or_site_is_refused(logins: Logins) -> None:
    user, visitor = logins.user(), logins.visitor()
    page = visitor.get(PATH, link=link_for(logins, user))
    fields = {**page.form(PATH).fields, "new_password": NEW, "new_password_repeated": NEW}
    assert logins.visitor().post(PATH, fields).status == 403
    assert visitor.post(PATH, fields, {"Origin": "https://evil.example.org"}).status == 403
    assert visitor.post(PATH, {**fields, "csrf": ""}).status == 403
    assert redeem(visitor, page, NEW).status == 200


def test_a_link_is_valid_at_its_zone_only(on_sqlite: Domain) -> None:
    """Hosts per zone."""
    addresses = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
    logins = Logins(on_sqlite, addresses)
    user = logins.user()
    link = link_for(logins, user)
    own = f"{user.zone.subdomain}.uaa.example.org"
    assert logins.visitor(own).get(PATH, link=link).status == 200
    other = logins.visitor("another.uaa.example.org").get(PATH, link=link)
    assert (other.status, INVALID in other.text) == (404, True)
    assert logins.visitor("uaa.example.org").get(PATH, link=link).status == 200


def test_an_operator_sets_the_password(logins: Logins) -> None:
    """D-56: the operator's zone has no pages, so that the last page leads to none."""
    domain = logins.domain
    zone = domain.transactions.run(lambda store: store.zones.operator_zone())
    user = stored_user(domain, zone, "root")
    visitor = logins.visitor()
    done = redeem(visitor, visitor.get(PATH, link=link_for(logins, user)), NEW)
    assert done.status == 200
    assert "/account" not in done.text
