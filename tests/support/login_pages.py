"""A sample of every page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from broker.login.pages import views
from broker.login.pages.problems import Problem

if TYPE_CHECKING:
    from broker.login.pages.views import Page

HOSTILE = "\"'><b>x</b><script>alert(1)</script>{{7*7}}&lt;"
_AT = datetime(2026, 11, 29, 20, 15, 3, tzinfo=UTC)


def sample_pages(text: str = "Acme") -> dict[str, Page]:
    """Return all pages; ``text`` stands for every name that is stored or sent."""
    zone, csrf = text, text
    application, pending, user_name = text, text, text
    providers = (views.ProviderLink("corp", text), views.ProviderLink("partners", text))
    error = views.Message("login.too_many", {"seconds": text})
    began = views.SessionRow(text, _AT, _AT, _AT, is_current=True)
    other = views.SessionRow(text, _AT, _AT, _AT, is_current=False)
    scopes = (views.ScopeRow(text, text), views.ScopeRow(text))
    granted = views.ApplicationRow(text, text, (text, text), _AT)
    return {
        "login": views.LoginPage(
            zone_name=zone,
            csrf=csrf,
            application=application,
            pending=pending,
            user_name=user_name,
            error=error,
            providers=providers,
        ),
        "login without methods": views.LoginPage(
            zone_name=zone, csrf=csrf, has_password_form=False
        ),
        "provider choice": views.ProviderChoicePage(
            zone_name=zone,
            csrf=csrf,
            application=application,
            pending=pending,
            providers=(views.ProviderLink("sap.default", ""), *providers),
        ),
        "zone choice": views.ZoneChoicePage(
            path="/account", zones=(views.ZoneLink(text, text, text), views.ZoneLink("g", "z", "u"))
        ),
        "forced change": views.ChangePasswordPage(
            zone_name=zone,
            csrf=csrf,
            user_name=user_name,
            pending=pending,
            proof=text,
            min_length=15,
        ),
        "change": views.ChangePasswordPage(
            zone_name=zone, csrf=csrf, user_name=user_name, min_length=15, error=error
        ),
        "set": views.SetPasswordPage(
            zone_name=zone, csrf=csrf, user_name=user_name, link=text, min_length=15
        ),
        "reset": views.SetPasswordPage(
            zone_name=zone,
            csrf=csrf,
            user_name=user_name,
            link=text,
            is_reset=True,
            min_length=15,
            error=error,
        ),
        "password set": views.PasswordSetPage(zone_name=zone, zone=text, user_name=user_name),
        "consent": views.ConsentPage(
            zone_name=zone,
            csrf=csrf,
            application=application,
            pending=pending,
            user_name=user_name,
            scopes=scopes,
            lacks_groups=True,
        ),
        "passcode": views.PasscodePage(
            zone_name=zone, user_name=user_name, passcode=text, minutes=5
        ),
        "switch account": views.SwitchAccountPage(
            zone_name=zone,
            csrf=csrf,
            application=application,
            pending=pending,
            user_name=user_name,
        ),
        "logout": views.LogoutPage(
            zone_name=zone, csrf=csrf, user_name=user_name, fields=(("state", text),)
        ),
        "logged out": views.LoggedOutPage(zone_name=zone, provider=text),
        "account": views.AccountPage(
            zone_name=zone,
            zone=text,
            csrf=csrf,
            user_name=user_name,
            sessions=(began, other),
            applications=(granted,),
            has_password=True,
            lacks_groups=True,
            notice=error,
        ),
        "account without applications": views.AccountPage(
            zone_name=zone,
            zone=text,
            csrf=csrf,
            user_name=user_name,
            sessions=(began,),
            applications=(),
        ),
        "error": views.ErrorPage(
            zone_name=zone,
            problem=Problem.REDIRECT,
            detail=text,
            correlation_id=text,
            time=_AT,
        ),
    }
