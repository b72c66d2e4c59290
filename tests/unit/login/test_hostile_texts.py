"""Texts of attackers in pages and redirects (TH-01, TH-03, TH-17)."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.login.pages.language import MESSAGES
from broker.login.pages.rendering import rendered
from tests.support.login_pages import sample_pages
from tests.support.passwords import PASSWORD
from tests.support.user_grants import REDIRECT
from tests.support.users import stored_provider
from tests.support.visitors import AUTHORIZE

if TYPE_CHECKING:
    from tests.support.login_service import Logins
    from tests.support.visitors import Reply

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "</title></textarea><svg/onload=alert(1)>",
    "javascript:alert(1)//",
    "{{7777*7777}}{% raw %}${7777*7777}",
    "&lt;script&gt;&#60;b&#62;",
    "\u202e\u2066<b>",
)
OWN = "uaa.example.org"


class Skeleton(HTMLParser):
    """The elements of a page and the names of their attributes, without any text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[tuple[str, ...]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(("/", tag))

    def handle_comment(self, data: str) -> None:
        self.parts.append(("comment",))

    def handle_decl(self, decl: str) -> None:
        self.parts.append(("declaration", decl))


def require_harmless(reply: Reply) -> None:
    """Require a page without elements or attributes of an attacker, and without script."""
    for tag, *names in Skeleton(reply.text).parts:
        assert tag not in {"script", "svg", "iframe", "style", "comment", "textarea", "object"}
        assert not [name for name in names if name.startswith("on")]
    assert "60481729" not in reply.text  # the template was not evaluated
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("language", MESSAGES)
def test_no_text_changes_the_structure_of_a_page(payload: str, language: str) -> None:
    """TH-17: every text of every page at once."""
    harmless, hostile = sample_pages("text"), sample_pages(payload)
    for name, page in hostile.items():
        expected = Skeleton(rendered(harmless[name], language)).parts
        assert Skeleton(rendered(page, language)).parts == expected, name


@pytest.mark.parametrize("payload", PAYLOADS)
def test_stored_names_and_parameters_stay_text(logins: Logins, payload: str) -> None:
    """TH-17: user, provider and every parameter, through the whole login."""
    name = payload if payload.isprintable() else "<b>"
    user = logins.user(name)
    stored_provider(logins.domain, user.zone, "corporate")
    with logins.domain.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE identity_provider SET name = ? WHERE origin = 'corporate'", (name,)
        )
    logins.change(auto_approve=False)
    visitor = logins.visitor()
    login = logins.authorize(visitor, state=name, nonce=name, ui_locales=name)
    wrong = visitor.log_in(login, name, "wrong")
    hinted = logins.authorize(visitor, login_hint=name, prompt="select_account")
    consent = visitor.log_in(wrong, name, PASSWORD)
    pages = [
        login,
        wrong,
        hinted,
        consent,
        visitor.get("/logout.do", redirect=name, state=name),
        visitor.get("/passcode", zone=user.zone.guid),
        visitor.get(AUTHORIZE, client_id=name),
        logins.authorize(visitor, redirect_uri=name),
        logins.authorize(visitor, redirect_uri=f"{REDIRECT}/{name}"),
        visitor.get("/login", zone=name),
        visitor.get("/login/callback/corporate", error=name, error_description=name, state=name),
    ]
    assert [page.status for page in pages[:2]] == [200, 401]
    for page in pages:
        require_harmless(page)


TEXTS = st.one_of(
    st.sampled_from(
        [
            REDIRECT,
            f"{REDIRECT}?code=evil",
            f"{REDIRECT}?c%6fde=evil&state=x",
            f"{REDIRECT}#x",
            f"{REDIRECT}?a=b",
            "https://evil.test",
            "//evil.test",
            "/\\evil.test",
            "https:evil.test",
            "javascript:alert(1)",
            "\t//evil.test",
        ]
    ),
    st.text(max_size=30),
    st.text(max_size=12).map(lambda text: REDIRECT + text),
    st.text(alphabet="/\\@:?#;.%", max_size=6).map(lambda text: f"https:{text}evil.test"),
)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    uri=TEXTS,
    target=TEXTS,
    state=st.text(max_size=20),
    prompt=st.sampled_from(["", "none", "login"]),
    is_logged_on=st.booleans(),
)
def test_no_parameter_leads_elsewhere(
    logins: Logins, *, uri: str, target: str, state: str, prompt: str, is_logged_on: bool
) -> None:
    """TH-01, TH-03: every redirect leads to the registered URI, and has each parameter once."""
    visitor = logins.visitor()
    if is_logged_on:
        user = logins.domain.transactions.read(
            lambda store: store.users.named(logins.grants.client.client.zone, "sap.default", "ben")
        )
        if user is None:
            logins.user()
        visitor.log_in(logins.authorize(visitor), "ben", PASSWORD)
    client_id = logins.client_id
    for reply in (
        logins.authorize(visitor, redirect_uri=uri, state=state, prompt=prompt),
        visitor.get("/logout.do", redirect=target, state=state),
        visitor.get("/logout.do", redirect=target, state=state, client_id=client_id),
        visitor.get("/logout.do", state=target),
        visitor.get("/login", redirect=target, form_redirect_uri=target, next=target),
        visitor.get("/passcode", redirect=target, zone=target),
    ):
        assert reply.status < 500
        if "Location" not in reply.headers:
            continue
        location = urlsplit(reply.headers["Location"])
        if reply.headers["Location"].startswith("/account?zone="):  # of /login with a session
            assert location.query == f"zone={logins.grants.client.client.zone.guid}"
            continue
        registered = urlsplit(REDIRECT)
        assert (location.scheme, location.netloc, location.path) == (
            registered.scheme,
            registered.netloc,
            registered.path,
        )
        assert location.fragment == ""
        assert reply.headers["Location"].isascii()
        assert len(reply.query) >= 0
