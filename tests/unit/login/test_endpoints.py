"""Methods and bounds of the endpoints (I-60, I-95, O-113, D-51)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.errors import Busy
from broker.runtime.slots import FairSlots
from tests.support.passwords import PASSWORD
from tests.support.visitors import AUTHORIZE

if TYPE_CHECKING:
    from tests.support.login_service import Logins

FORMS = ("/login.do", "/login/consent", "/login/switch", "/change-password", "/login/start/corp")


@pytest.mark.parametrize("path", FORMS)
def test_forms_need_the_cookie_of_their_page(logins: Logins, path: str) -> None:
    """I-92."""
    reply = logins.visitor().post(path, {"csrf": "x", "pending": "x"})
    assert (reply.status, "Location" in reply.headers) == (400, False)
    assert logins.visitor().get(path).status in {400, 404, 405}


@pytest.mark.parametrize("path", [*FORMS, AUTHORIZE])
def test_large_forms_are_refused(logins: Logins, path: str) -> None:
    """D-51."""
    assert logins.visitor().post(path, {"csrf": "x" * 70_000}).status == 413


def test_a_request_may_use_the_form_and_the_query(logins: Logins) -> None:
    """OIDC Core section 3.1.2.1; a parameter in both is repeated (I-60)."""
    visitor, parameters = logins.visitor(), logins.parameters()
    state = parameters.pop("state")
    assert visitor.send("POST", AUTHORIZE, {"state": state}, parameters).is_login_page
    reply = visitor.send("POST", AUTHORIZE, parameters, parameters)
    assert (reply.status, "occurs more than once" in reply.text) == (400, True)


def test_a_long_query_is_refused(logins: Logins) -> None:
    reply = logins.authorize(logins.visitor(), state="x" * 8200)
    assert (reply.status, "at most 8192" in reply.text) == (400, True)


def test_errors_are_json_for_other_clients(logins: Logins) -> None:
    """I-100a."""
    reply = logins.visitor().get(AUTHORIZE, {"Accept": "application/json"}, client_id="<script>")
    assert reply.status == 400
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.text == (
        '{"error":"invalid_client","error_description":"No client with requested id: <script>"}'
    )


def test_a_login_without_client_ends_at_the_sessions_of_the_user(logins: Logins) -> None:
    """TH-01: a path of this server, whatever the query says."""
    logins.user()
    zone, visitor = logins.grants.user.zone, logins.visitor()
    page = visitor.get(
        "/login",
        zone=zone.subdomain,
        redirect_uri="https://evil.example.org",
        form_redirect_uri="/",
    )
    assert page.is_login_page
    reply = visitor.log_in(page, "ben", PASSWORD)
    assert (reply.status, reply.headers["Location"]) == (303, f"/account?zone={zone.guid}")
    assert logins.authorize(visitor).status == 302
    again = visitor.get("/login")
    assert (again.status, again.headers["Location"]) == (303, f"/account?zone={zone.guid}")


def test_a_login_without_a_free_slot_keeps_the_form(
    logins: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-50, D-41."""
    logins.user()
    visitor = logins.visitor()
    page = logins.authorize(visitor)

    def full(*_: object) -> None:
        raise Busy("full")

    with monkeypatch.context() as patch:
        patch.setattr(FairSlots, "slot", full)
        page = visitor.log_in(page, "ben", PASSWORD)
        assert (page.status, page.headers["Retry-After"]) == (503, "1")
        assert logins.hashing.verified == []
    assert visitor.log_in(page, "ben", PASSWORD).status == 303


def test_a_login_needs_a_zone(logins: Logins) -> None:
    assert logins.visitor().get("/login").status == 400
    assert logins.visitor().get("/login", zone="unknown").status == 404


def test_command_line_tools_read_the_prompts(logins: Logins) -> None:
    """I-95, O-113."""
    reply = logins.visitor().get("/login", {"Accept": "application/json"})
    assert (reply.status, '"prompts"' in reply.text) == (200, True)
