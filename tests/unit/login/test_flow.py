"""The course of a login (I-60 to I-69, I-80 to I-93, D-42)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from broker.audit.search import AuditFilter
from broker.store.reports.audit_trail import audit_events
from broker.store.tables.core import client as client_table
from broker.store.tables.identity import identity_provider, shadow_user
from broker.store.tables.user_grants import authorization_code, user_session
from tests.support.domain import ADDRESSES
from tests.support.login_service import STATE, Logins
from tests.support.passwords import PASSWORD, set_fast_password
from tests.support.rights import assign
from tests.support.session_cost import statements_of_codes
from tests.support.statements import statements_of
from tests.support.user_grants import REDIRECT, a_descriptor
from tests.support.users import stored_provider, stored_user
from tests.support.visitors import AUTHORIZE, Reply, Visitor

ISSUER = "https://uaa.example.org/oauth/token"
SESSION = "__Host-xs-session-1"


def logged_in(logins: Logins, name: str = "ben", **changes: str) -> Visitor:
    visitor = logins.visitor()
    reply = visitor.log_in(logins.authorize(visitor, **changes), name, PASSWORD)
    assert "code" in reply.query
    return visitor


def count(logins: Logins, table: Any) -> int:
    with logins.domain.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def cookie(reply: Reply, name: str) -> str:
    """Return the last header of the cookie: a deletion of its other form precedes it."""
    return [each for each in reply.set_cookies if each.startswith(f"{name}=")][-1]


def test_a_login_gives_the_application_a_code(logins: Logins) -> None:
    """I-69, O-112: 303 after the form; the code is of this client, user and session."""
    user, visitor = logins.user(), logins.visitor()
    page = logins.authorize(visitor, nonce="n-1")
    assert (page.status, page.is_login_page) == (200, True)
    assert page.headers["Cache-Control"] == "no-store"
    reply = visitor.log_in(page, "BEN", PASSWORD)
    assert (reply.status, reply.location) == (303, REDIRECT)
    assert {**reply.query, "code": ""} == {"code": "", "state": STATE, "iss": ISSUER}
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert cookie(reply, SESSION).endswith("; Secure; HttpOnly; Path=/; SameSite=Lax")  # I-82
    issued = logins.grants.exchange(reply.query["code"])
    assert (issued.subject.user_id, issued.refresh_token is None) == (user.user_id, False)
    with logins.domain.engine.connect() as connection:
        row = connection.execute(select(authorization_code)).one()
        session = connection.execute(select(user_session)).one()
    assert (row.nonce, row.session_row_id, row.auth_time) == ("n-1", session.id, session.auth_time)


def test_a_session_gives_codes_without_a_page(logins: Logins) -> None:
    """I-69: UAA sends 302; the query of the redirect URI is kept."""
    logins.user()
    visitor = logged_in(logins)
    uri = f"{REDIRECT}?authType=xsuaa"
    for reply in (
        logins.authorize(visitor, redirect_uri=uri),
        visitor.post(AUTHORIZE, logins.parameters(redirect_uri=uri)),
    ):
        assert (reply.status, reply.query["authType"]) == (302, "xsuaa")
        assert reply.headers["Location"].startswith(f"{uri}&code=")
        assert logins.grants.exchange(reply.query["code"], redirect_uri=uri).access_token


def test_statements_of_a_request_with_a_session(logins: Logins) -> None:
    """At most 6, also when roles are looked up and the use of the session is recorded."""
    usual, most = statements_of_codes(logins)
    assert usual == 4
    assert usual < most <= 6


def test_the_wrong_password_keeps_the_login(logins: Logins) -> None:
    """I-94: the application router sends no second request, so that the form keeps the first."""
    logins.user()
    visitor = logins.visitor()
    page = visitor.log_in(logins.authorize(visitor), "ben", "wrong")
    assert (page.status, page.is_login_page) == (401, True)
    assert 'role="alert"' in page.text
    assert 'value="ben"' in page.text
    assert SESSION not in str(page.set_cookies)
    assert visitor.log_in(page, "ben", PASSWORD).location == REDIRECT


def test_two_tabs_log_in_independently(logins: Logins) -> None:
    """I-93: the session of the second logon goes on in the first one."""
    logins.user()
    visitor = logins.visitor()
    first, second = logins.authorize(visitor, state="1"), logins.authorize(visitor, state="2")
    replies = [visitor.log_in(page, "ben", PASSWORD) for page in (second, first)]
    assert [reply.query["state"] for reply in replies] == ["2", "1"]
    assert count(logins, user_session) == 1
    for reply in replies:
        assert logins.grants.exchange(reply.query["code"]).access_token


def test_the_session_id_changes_at_each_logon(logins: Logins) -> None:
    """I-83, TH-05: no earlier cookie becomes or stays the session's."""
    logins.user()
    visitor, other = logins.visitor(), logins.visitor()
    page = logins.authorize(visitor)
    first = visitor.log_in(page, "ben", PASSWORD)
    value = cookie(first, SESSION).split(";")[0]
    assert cookie(page, "__Host-xs-login").split("=")[1].split(";")[0] not in value
    other.set_cookie(*value.split("=", 1))
    assert logins.authorize(other).status == 302
    logins.domain.clock.advance(seconds=1)
    again = visitor.log_in(logins.authorize(visitor, prompt="login"), "ben", PASSWORD)
    assert cookie(again, SESSION).split(";")[0] != value
    assert logins.authorize(visitor).status == 302
    assert logins.authorize(other).is_login_page


def test_anonymous_requests_write_no_row(logins: Logins) -> None:
    """I-93, TH-21."""
    logins.user()
    with statements_of(logins.domain.engine) as statements:
        for _ in range(3):
            assert logins.authorize(logins.visitor()).is_login_page
    assert {each.split()[0] for each in statements} <= {"SELECT", "PRAGMA"}


# The form of a login page belongs to one browser, and to one page of this host.


def test_a_form_of_another_browser_is_refused(logins: Logins) -> None:
    """TH-04, login CSRF: the attacker's page, with the attacker's account."""
    logins.user()
    attacker, victim = logins.visitor(), logins.visitor()
    page = logins.authorize(attacker)
    fields = {**page.form("/login.do").fields, "username": "ben", "password": PASSWORD}
    assert victim.post("/login.do", fields).status == 400
    csrf = logins.authorize(victim).form("/login.do").fields["csrf"]
    assert victim.post("/login.do", fields).status == 403
    mixed = victim.post("/login.do", {**fields, "csrf": csrf})
    assert (mixed.status, "Location" in mixed.headers) == (400, False)
    assert count(logins, user_session) == 0


@pytest.mark.parametrize(
    ("headers", "is_accepted"),
    [
        ({"Origin": "https://uaa.example.org", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "null"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "https://evil.example.org"}, False),
        ({"Origin": "http://uaa.example.org"}, False),
        ({"Origin": "https://uaa.example.org", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
    ],
)
def test_forms_are_accepted_from_this_origin_only(
    logins: Logins, headers: dict[str, str], *, is_accepted: bool
) -> None:
    """I-92, TH-04."""
    logins.user()
    visitor = logins.visitor()
    page = logins.authorize(visitor)
    fields = {**page.form("/login.do").fields, "username": "ben", "password": PASSWORD}
    reply = visitor.post("/login.do", fields, headers)
    assert reply.status == (303 if is_accepted else 403)


@pytest.mark.parametrize("name", ["csrf", "pending"])
def test_changed_missing_or_repeated_fields_are_refused(logins: Logins, name: str) -> None:
    """I-92, I-93."""
    logins.user()
    visitor = logins.visitor()
    fields: dict[str, Any] = {
        **logins.authorize(visitor).form("/login.do").fields,
        "username": "ben",
        "password": PASSWORD,
    }
    right = fields[name]
    changed = right[:60] + ("A" if right[60:61] != "A" else "B") + right[61:]
    changed = changed if len(right) > 60 else right[:20] + right[21:]
    for value in (changed, "", "x" * 20_000, [right, right], "é"):
        reply = visitor.post("/login.do", {**fields, name: value})
        assert reply.status in {400, 403}, value
        assert SESSION not in str(reply.set_cookies)
    assert visitor.post("/login.do", fields).status == 303


def test_a_login_page_expires(logins: Logins) -> None:
    """I-93: 30 minutes."""
    logins.user()
    visitor = logins.visitor()
    page = logins.authorize(visitor)
    logins.domain.clock.advance(minutes=29)
    again = visitor.log_in(page, "ben", "wrong")
    logins.domain.clock.advance(minutes=29)
    assert visitor.log_in(page, "ben", PASSWORD).status == 400
    assert visitor.log_in(again, "ben", PASSWORD).status == 303


# All checks are made again when the login is complete (D-42).


def test_a_redirect_uri_withdrawn_during_the_login_gets_no_code(logins: Logins) -> None:
    logins.user()
    visitor = logins.visitor()
    page = logins.authorize(visitor)
    logins.change(redirect_uris=["https://other.example.org/cb"])
    reply = visitor.log_in(page, "ben", PASSWORD)
    assert (reply.status, "Location" in reply.headers) == (400, False)
    assert count(logins, authorization_code) == 0


def test_a_client_deleted_during_the_login_gets_no_code(logins: Logins) -> None:
    logins.user()
    visitor = logins.visitor()
    page = logins.authorize(visitor)
    with logins.domain.engine.begin() as connection:
        of_application = client_table.c.client_id == logins.client_id
        statement = update(client_table).where(of_application)
        connection.execute(statement.values(client_id="sb-renamed!t1"))
    assert visitor.log_in(page, "ben", PASSWORD).status == 400


def test_a_login_continues_on_its_host_only(logins: Logins) -> None:
    """D-42: zone and host are sealed."""
    logins = replace(
        logins, addresses=replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
    )
    logins.user()
    zone = logins.grants.user.zone.subdomain
    visitor = logins.visitor(f"{zone}.uaa.example.org")
    page = logins.authorize(visitor)
    visitor.headers["Host"] = "other.uaa.example.org"
    assert visitor.log_in(page, "ben", PASSWORD).status == 400
    visitor.headers["Host"] = f"{zone}.uaa.example.org"
    assert visitor.log_in(page, "ben", PASSWORD).query["iss"] == (
        f"https://{zone}.uaa.example.org/oauth/token"
    )


def test_the_host_of_another_zone_is_not_found(logins: Logins) -> None:
    """I-62, D-31."""
    logins = replace(
        logins, addresses=replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
    )
    reply = logins.authorize(logins.visitor("other.uaa.example.org"))
    assert reply.status == 404
    assert "does not map to a valid identity zone" in reply.text


# prompt and max_age (I-66, I-67).


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "unknown"}, "invalid_request"),
        ({"max_age": "x"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"scope": "unknown"}, "invalid_scope"),
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_errors_go_to_the_redirect_uri(logins: Logins, changes: dict[str, str], code: str) -> None:
    """I-65."""
    logins.user()
    reply = logins.authorize(logged_in(logins), **changes)
    assert (reply.status, reply.location, reply.query["error"]) == (302, REDIRECT, code)
    assert (reply.query["state"], reply.query["iss"]) == (STATE, ISSUER)


def test_prompt_none_shows_no_page(logins: Logins) -> None:
    logins.user()
    reply = logins.authorize(logins.visitor(), prompt="none")
    assert (reply.status, reply.query["error"]) == (302, "login_required")
    visitor = logged_in(logins)
    assert "code" in logins.authorize(visitor, prompt="none").query
    logins.domain.clock.advance(minutes=5)
    old = logins.authorize(visitor, prompt="none", max_age="60")
    assert old.query["error"] == "login_required"
    logins.change(auto_approve=False)
    assert logins.authorize(visitor, prompt="none").query["error"] == "consent_required"
    logins.change(auto_approve=True, allowed_providers=["other"])
    assert logins.authorize(visitor, prompt="none").query["error"] == "interaction_required"


@pytest.mark.parametrize("hint", ['{"origin":', '{"origin":7}', "x" * 2000])
def test_prompt_none_with_an_invalid_hint_shows_no_page(logins: Logins, hint: str) -> None:
    """I-66."""
    reply = logins.authorize(logins.visitor(), prompt="none", login_hint=hint)
    assert (reply.status, reply.location) == (302, REDIRECT)
    assert (reply.query["error"], reply.query["state"]) == ("invalid_request", STATE)
    assert logins.authorize(logins.visitor(), login_hint=hint).status == 400


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "60"}, {"max_age": "0"}])
def test_a_fresh_logon_is_demanded_once(logins: Logins, changes: dict[str, str]) -> None:
    """I-66, I-67: the logon after the request satisfies it, also with ``max_age=0``."""
    logins.user()
    visitor = logged_in(logins)
    assert logins.authorize(visitor, max_age="60").status == 302
    logins.domain.clock.advance(minutes=2)
    page = logins.authorize(visitor, **changes)
    assert page.is_login_page
    logins.domain.clock.advance(seconds=30)
    assert "code" in visitor.log_in(page, "ben", PASSWORD).query


def test_another_user_replaces_the_session(logins: Logins) -> None:
    """I-83."""
    logins.user()
    other = logins.user("carla")
    visitor = logged_in(logins)
    logins.domain.clock.advance(seconds=1)
    reply = visitor.log_in(logins.authorize(visitor, prompt="login"), "carla", PASSWORD)
    assert logins.grants.exchange(reply.query["code"]).subject.user_id == other.user_id
    assert count(logins, user_session) == 1


# Users and providers (I-48, I-68).


def test_a_session_of_an_excluded_provider_leads_to_another_account(logins: Logins) -> None:
    """I-48, I-68."""
    logins.user()
    visitor = logged_in(logins)
    logins.change(allowed_providers=["corp"])
    stored_provider(logins.domain, logins.grants.user.zone, "corp")
    stored_provider(logins.domain, logins.grants.user.zone, "partners")
    page = logins.authorize(visitor)
    assert (page.status, "Location" in page.headers) == (401, False)
    assert page.form("/login/switch").fields
    assert visitor.post("/login/switch", {"pending": "x", "csrf": "x"}).status == 403
    assert count(logins, user_session) == 1
    logins.change(allowed_providers=["corp", "partners"])
    reply = visitor.submit(page, "/login/switch")
    assert [form.action for form in reply.forms] == ["/login/start/corp", "/login/start/partners"]
    assert count(logins, user_session) == 0


def test_a_client_without_providers_shows_an_error(logins: Logins) -> None:
    """I-48."""
    logins.change(allowed_providers=[])
    reply = logins.authorize(logins.visitor())
    assert (reply.status, "not authorized for any identity providers" in reply.text) == (403, True)


def test_hints_select_a_provider_or_fail(logins: Logins) -> None:
    """I-47."""
    logins.user()
    stored_provider(logins.domain, logins.grants.user.zone, "corp")
    page = logins.authorize(logins.visitor())
    assert {form.action for form in page.forms} == {"/login.do", "/login/start/corp"}
    only = logins.authorize(logins.visitor(), idp="uaa")
    assert [form.action for form in only.forms] == ["/login.do"]
    hinted = logins.authorize(logins.visitor(), login_hint="ben@example.org")
    assert 'value="ben@example.org"' in hinted.text
    for changes in ({"idp": "unknown"}, {"login_hint": '{"origin":"unknown"}'}):
        reply = logins.authorize(logins.visitor(), **changes)
        assert (reply.status, "Location" in reply.headers) == (400, False)


def test_select_account_shows_the_choice(logins: Logins) -> None:
    """I-66."""
    logins.user()
    stored_provider(logins.domain, logins.grants.user.zone, "corp")
    visitor = logged_in(logins)
    logins.domain.clock.advance(seconds=1)
    page = logins.authorize(visitor, prompt="select_account")
    assert {form.action for form in page.forms} == {
        "/login/start/sap.default",
        "/login/start/corp",
    }
    chosen = visitor.submit(page, "/login/start/sap.default")
    assert [form.action for form in chosen.forms] == ["/login.do"]
    assert "code" in visitor.log_in(chosen, "ben", PASSWORD).query


def test_the_choice_offers_only_what_the_client_allows(logins: Logins) -> None:
    """I-48: a form for another provider is refused as well."""
    zone = logins.grants.user.zone
    logins.change(allowed_providers=["sap.default"])
    stored_provider(logins.domain, zone, "corp")
    visitor = logins.visitor()
    page = logins.authorize(visitor)
    assert [form.action for form in page.forms] == ["/login.do"]
    assert visitor.post("/login/start/corp", page.form("/login.do").fields).status == 400


def test_an_inactive_local_store_refuses_passwords(logins: Logins) -> None:
    """I-45."""
    logins.user()
    visitor = logins.visitor()
    page = logins.authorize(visitor)
    stored_provider(logins.domain, logins.grants.user.zone, "corp")
    stored_provider(logins.domain, logins.grants.user.zone, "sap.default")
    with logins.domain.engine.begin() as connection:
        of_local = update(identity_provider).where(identity_provider.c.origin == "sap.default")
        connection.execute(of_local.values(is_active=False))
    assert visitor.log_in(page, "ben", PASSWORD).status == 403
    assert logins.hashing.verified == []


def test_the_session_of_an_inactive_user_has_ended(logins: Logins) -> None:
    """I-68."""
    logins.user()
    visitor = logged_in(logins)
    with logins.domain.engine.begin() as connection:
        connection.execute(update(shadow_user).values(is_active=False))
    page = logins.authorize(visitor)
    assert page.is_login_page
    assert visitor.log_in(page, "ben", PASSWORD).status == 401


# Consent (I-99).


def test_consent_is_asked_once(logins: Logins) -> None:
    """I-99."""
    logins.user()
    logins.change(auto_approve=False)
    visitor = logins.visitor()
    page = visitor.log_in(logins.authorize(visitor), "ben", PASSWORD)
    assert (page.status, "openid" in page.text) == (200, True)
    assert count(logins, authorization_code) == 0
    reply = visitor.submit(page, "/login/consent", decision="allow")
    assert (reply.status, reply.location) == (303, REDIRECT)
    assert "code" in logins.authorize(visitor).query
    again = logins.authorize(visitor, prompt="consent")
    assert again.form("/login/consent").fields
    assert "code" in visitor.submit(again, "/login/consent", decision="allow").query


def test_the_consent_page_describes_scopes(logins: Logins) -> None:
    """I-99, TH-17."""
    described = {
        **a_descriptor("app"),
        "scopes": [{"name": "$XSAPPNAME.read", "description": "Read <b>orders</b>"}],
    }
    logins.domain.update("app", described)
    logins.change(redirect_uris=[REDIRECT], auto_approve=False)
    assign(logins.domain, logins.user(), "app readers")
    visitor = logins.visitor()
    page = visitor.log_in(logins.authorize(visitor), "ben", PASSWORD)
    assert "Read &lt;b&gt;orders&lt;/b&gt;" in page.text
    assert "app!t1.read" in page.text


def test_consent_is_denied(logins: Logins) -> None:
    """I-99."""
    logins.user()
    logins.change(auto_approve=False)
    visitor = logins.visitor()
    page = visitor.log_in(logins.authorize(visitor), "ben", PASSWORD)
    for decision in ("deny", "", "other"):
        reply = visitor.submit(page, "/login/consent", decision=decision)
        assert (reply.status, reply.location) == (303, REDIRECT)
        assert reply.query["error"] == "access_denied"
        assert reply.query["error_description"] == "User denied access"
    assert logins.authorize(visitor).form("/login/consent").fields


def test_scopes_that_are_approved_need_no_consent(logins: Logins) -> None:
    """I-99."""
    logins.user()
    logins.change(auto_approve=["openid", "uaa.user"])
    assert "code" in logins.authorize(logged_in(logins)).query


def test_consent_of_another_browser_is_refused(logins: Logins) -> None:
    """TH-04."""
    logins.user()
    logins.change(auto_approve=False)
    visitor, other = logins.visitor(), logins.visitor()
    page = visitor.log_in(logins.authorize(visitor), "ben", PASSWORD)
    pages = other.log_in(logins.authorize(other), "ben", PASSWORD)
    stolen = page.form("/login/consent").fields
    assert other.post("/login/consent", {**stolen, "decision": "allow"}).status in {400, 403}
    mixed = {**stolen, "csrf": pages.form("/login/consent").fields["csrf"], "decision": "allow"}
    assert other.post("/login/consent", mixed).status in {400, 403}


def test_a_consent_after_the_session_leads_to_the_login(logins: Logins) -> None:
    logins.user()
    logins.change(auto_approve=False)
    visitor = logins.visitor()
    page = visitor.log_in(logins.authorize(visitor), "ben", PASSWORD)
    with logins.domain.engine.begin() as connection:
        connection.execute(user_session.delete())
    assert visitor.submit(page, "/login/consent", decision="allow").is_login_page
    assert count(logins, authorization_code) == 0


def test_a_consent_is_not_of_the_next_user(logins: Logins) -> None:
    """I-66, I-99: ``prompt=consent`` asks the user who logs on after the session ended."""
    logins.user()
    logins.user("carla")
    visitor = logins.visitor()
    page = visitor.log_in(logins.authorize(visitor, prompt="consent"), "ben", PASSWORD)
    with logins.domain.engine.begin() as connection:
        connection.execute(user_session.delete())
    login = visitor.submit(page, "/login/consent", decision="allow")
    assert visitor.log_in(login, "carla", PASSWORD).form("/login/consent").fields
    assert count(logins, authorization_code) == 0


# Requests without effect (I-69).


def test_head_and_prefetch_create_no_code(logins: Logins) -> None:
    logins.user()
    visitor = logged_in(logins)
    before = count(logins, authorization_code)
    assert visitor.send("HEAD", AUTHORIZE, logins.parameters()).status == 204
    reply = visitor.get(AUTHORIZE, {"Sec-Purpose": "prefetch"}, **logins.parameters())
    assert (reply.status, reply.text) == (503, "")
    assert count(logins, authorization_code) == before


def test_the_cookie_of_a_failed_attempt_is_deleted_in_both_forms(logins: Logins) -> None:
    """I-38, I-87: the attempt may have begun in a frame of another site."""
    visitor, name = logins.visitor(), "__Host-xs-idp-attempt1"
    visitor.set_cookie(name, "x")
    reply = visitor.get("/login/callback/corporate", state="attempt1", code="c")
    assert reply.status == 400
    assert [each.startswith(f"{name}=; Expires=") for each in reply.set_cookies] == [True] * 2
    assert ["Partitioned" in each for each in reply.set_cookies] == [False, True]


def test_a_login_after_a_split_continues_at_the_host_of_the_new_zone(logins: Logins) -> None:
    """D-53: the application router's ``url`` names the former one, which is another host."""
    logins.addresses = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
    domain = logins.domain
    domain.provision("other", {"xsappname": "other"}, organization_guid="other")
    zone = domain.instance("other").client.zone
    logins.user()
    visitor = logins.visitor("zone-1.uaa.example.org")
    begun = logins.authorize(visitor)
    with domain.engine.begin() as connection:
        mine = client_table.c.client_id == logins.client_id
        moved = update(client_table).where(mine).values(zone_row_id=zone.row_id)
        connection.execute(moved)
    # Its form is of the former zone.
    late = visitor.log_in(begun, "ben", PASSWORD)
    assert (late.status, "too old" in late.text) == (400, True)
    reply = logins.authorize(visitor, nonce="n")
    assert (reply.status, reply.location) == (302, "https://zone-2.uaa.example.org/oauth/authorize")
    assert reply.query == logins.parameters(nonce="n")
    visitor.headers["Host"] = "zone-2.uaa.example.org"
    set_fast_password(domain, stored_user(domain, zone, "mia"))
    done = visitor.log_in(logins.authorize(visitor), "mia", PASSWORD)
    assert (done.status, done.location) == (303, REDIRECT)
    assert done.query["iss"] == "https://zone-2.uaa.example.org/oauth/token"


@pytest.mark.parametrize("minutes", [29, 31])
def test_one_row_remains_after_a_second_login(logins: Logins, minutes: int) -> None:
    """I-84: the row of a session that expired without use does not wait for the purge."""
    logins.user()
    visitor = logged_in(logins)
    logins.domain.clock.advance(minutes=minutes)
    page = logins.authorize(visitor, prompt="login")
    assert "code" in visitor.log_in(page, "ben", PASSWORD).query
    assert count(logins, user_session) == 1


def test_the_absolute_end_of_sessions_is_a_setting(logins: Logins) -> None:
    """I-84."""
    logins.settings["session_max_age"] = 3600
    logins.user()
    visitor = logged_in(logins)
    for minutes, has_session in ((29, True), (29, True), (3, False)):
        logins.domain.clock.advance(minutes=minutes)
        assert ("code" in logins.authorize(visitor, prompt="none").query) is has_session


def test_logins_and_logouts_are_audited(logins: Logins) -> None:
    """D-63: with the user, the application and the address, and never the cookie's value."""
    user = logins.user()
    visitor = logged_in(logins)
    logins.authorize(visitor, prompt="none")
    assert visitor.get("/logout.do", client_id=logins.client_id).status == 200
    # The events have the same time, so that their order is not defined.
    found = {
        event.action: event
        for event in audit_events(logins.domain.engine, AuditFilter(subject=user.user_id), 10)
    }
    assert set(found) == {"log-in", "log-out"}
    assert {event.actor.id for event in found.values()} == {user.user_id}
    address = {"name": "ben", "origin": user.origin, "address": "192.0.2.1"}
    assert found["log-in"].details == {**address, "amr": ["pwd"], "client_id": logins.client_id}
