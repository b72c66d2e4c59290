"""``/account``: own sessions and applications (I-84, I-99)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from broker.identity.user import Snapshot
from tests.support.passwords import PASSWORD, set_fast_password
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from tests.support.html_forms import Form
    from tests.support.login_service import Logins
    from tests.support.visitors import Reply, Visitor

ACCOUNT = "/account"


def logged_in(logins: Logins, name: str = "ben") -> Visitor:
    visitor = logins.visitor()
    assert visitor.log_in(logins.authorize(visitor), name, PASSWORD).status == 303
    return visitor


def form_to(page: Reply, path: str) -> Form:
    return next(form for form in page.forms if form.action.startswith(path))


def test_the_page_lists_sessions_and_names_the_current_one(logins: Logins) -> None:
    logins.user()
    visitor, _ = logged_in(logins), logged_in(logins)
    page = visitor.get(ACCOUNT)
    assert page.status == 200
    assert page.text.count("This browser") == 1
    assert len([form for form in page.forms if form.action.startswith("/account/")]) == 1
    assert "You have not given consent" in page.text
    assert "/change-password" in page.text


def test_forms_may_lead_to_an_identity_provider(logins: Logins) -> None:
    """I-90: they do after the end of the session."""
    logins.user()
    visitor = logged_in(logins)
    for path in (ACCOUNT, "/change-password"):
        policy = visitor.get(path).headers["Content-Security-Policy"]
        assert "form-action 'self' https:;" in policy


def test_without_a_session_the_login_leads_back(logins: Logins) -> None:
    user, visitor = logins.user(), logins.visitor()
    page = visitor.get(ACCOUNT, zone=user.zone.subdomain)
    assert page.is_login_page
    reply = visitor.log_in(page, "ben", PASSWORD)
    assert (reply.status, reply.location) == (303, ACCOUNT)
    assert reply.query == {"zone": user.zone.guid}
    assert visitor.get(ACCOUNT).status == 200


def test_an_unknown_zone_is_a_page(logins: Logins) -> None:
    visitor = logins.visitor()
    for zone in ("missing", "x" * 500, "<b>"):
        page = visitor.get(ACCOUNT, zone=zone)
        assert (page.status, "Unknown zone" in page.text) == (404, True)


def test_another_session_ends(logins: Logins) -> None:
    user = logins.user()
    visitor, other = logged_in(logins), logged_in(logins)
    form = form_to(visitor.get(ACCOUNT), "/account/sessions")
    reply = visitor.post(form.action, form.fields)
    assert (reply.status, reply.location) == (303, ACCOUNT)
    done = visitor.get(ACCOUNT, **reply.query)
    assert "The session has ended." in done.text
    assert other.get(ACCOUNT, zone=user.zone.guid).is_login_page
    # Nothing is left to end: a second submission shows the same page.
    assert visitor.post(form.action, form.fields).status == 303


def test_a_session_that_is_not_the_user_s_stays(logins: Logins) -> None:
    logins.user()
    visitor, other = logged_in(logins), logged_in(logins)
    form = form_to(visitor.get(ACCOUNT), "/account/sessions")
    for session in ("", "1", "x", "-1", "9" * 19, "9" * 400, "²"):
        assert visitor.post(form.action, {**form.fields, "session": session}).status == 303
    assert not other.get(ACCOUNT).is_login_page


def test_forms_of_another_session_or_site_are_refused(logins: Logins) -> None:
    """I-92."""
    logins.user()
    visitor, other = logged_in(logins), logged_in(logins)
    form = form_to(visitor.get(ACCOUNT), "/account/sessions")
    assert other.post(form.action, form.fields).status == 403
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "null"}
    assert visitor.post(form.action, form.fields, foreign).status == 403
    assert logins.visitor().post(form.action, form.fields, foreign).status == 403
    assert visitor.post(form.action, {**form.fields, "csrf": "x"}).status == 403
    assert not other.get(ACCOUNT).is_login_page


def test_a_form_after_the_session_s_end_shows_the_login(logins: Logins) -> None:
    logins.user()
    visitor, _ = logged_in(logins), logged_in(logins)
    form = form_to(visitor.get(ACCOUNT), "/account/sessions")
    logins.domain.clock.advance(minutes=31)
    page = visitor.post(form.action, form.fields)
    assert page.is_login_page


def test_a_link_cannot_choose_the_notice(logins: Logins) -> None:
    logins.user()
    visitor = logged_in(logins)
    for notice in ("x", "account.ended", "<b>"):
        assert 'role="status"' not in visitor.get(ACCOUNT, done=notice).text


def test_consent_is_withdrawn(logins: Logins) -> None:
    user, client, now = logins.user(), logins.grants.client.client, logins.domain.clock.now()
    run = logins.domain.transactions.run
    run(lambda store: store.consents.grant(user, client.row_id, {"<b>scope", "openid"}, now))
    visitor = logged_in(logins)
    page = visitor.get(ACCOUNT)
    assert "&lt;b&gt;scope" in page.text
    form = form_to(page, "/account/applications")
    reply = visitor.post(form.action, form.fields)
    assert "Your consent is withdrawn." in visitor.get(ACCOUNT, **reply.query).text
    assert run(lambda store: store.consents.of_user(user)) == []


MISSING = "because there are too many"


@pytest.mark.parametrize("is_incomplete", [True, False])
def test_a_user_learns_of_omitted_groups(logins: Logins, *, is_incomplete: bool) -> None:
    """I-43: here, and where the rights are decided."""
    snapshot = Snapshot(("a",), {}, NOW, is_incomplete=is_incomplete)
    logins.user(snapshot=snapshot)
    logins.change(auto_approve=False)
    visitor = logins.visitor()
    consent = visitor.log_in(logins.authorize(visitor), "ben", PASSWORD)
    assert consent.form("/login/consent").fields
    for page in (consent, visitor.get(ACCOUNT)):
        assert (MISSING in page.text) is is_incomplete


def test_a_browser_with_sessions_in_two_zones_chooses(logins: Logins) -> None:
    """I-81: on a host that zones share."""
    domain, visitor, paths = logins.domain, logins.visitor(), []
    domain.provision("other", {"xsappname": "other"}, organization_guid="other")
    mine = logins.user().zone
    zones = (mine, domain.instance("other").client.zone)
    set_fast_password(domain, stored_user(domain, zones[1], "<mia>"))
    for zone, name in zip(zones, ("ben", "<mia>"), strict=True):
        assert visitor.log_in(visitor.get("/login", zone=zone.guid), name, PASSWORD).status == 303
        paths.append(f"?zone={zone.guid}")
    for path in (ACCOUNT, "/change-password", "/passcode", "/login"):
        page = visitor.get(path)
        assert page.status == 200
        assert [link for link in page.links if "?zone=" in link] == [path + each for each in paths]
        assert "zone-1: ben" in page.text
        assert "zone-2: &lt;mia&gt;" in page.text
    assert visitor.get(ACCOUNT, zone=zones[1].guid).status == 200
    assert visitor.post("/account/sessions", {}).status == 400


def test_a_browser_without_sessions_has_to_name_the_zone(logins: Logins) -> None:
    visitor = logins.visitor()
    for path in (ACCOUNT, "/login", "/passcode"):
        page = visitor.get(path)
        assert (page.status, "Which zone?" in page.text) == (400, True)
    reply = visitor.get(ACCOUNT, {"Accept": "application/json"})
    assert (reply.status, json.loads(reply.text)["error"]) == (400, "invalid_request")
