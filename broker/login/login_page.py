"""The page with which a login begins, or the redirect to an identity provider (I-47, I-94)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from broker.errors import GrantRefused
from broker.login.authorization.request import AuthorizationRefused, AuthorizationRequest
from broker.login.pages.errors import PageError
from broker.login.pages.headers import form_targets_for
from broker.login.pages.problems import Problem
from broker.login.pages.views import LoginPage, ProviderChoicePage, ProviderLink
from broker.login.providers.choice import (
    INVALID_HINT,
    active_providers,
    choose_provider,
    requested_origin,
)
from broker.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flask import Response

    from broker.identity.providers.provider import Provider
    from broker.identity.zone import Zone
    from broker.identity.zone_settings import ZoneSettings
    from broker.login.authorization.target import Target
    from broker.login.browser.browser import Browser, ReadsZoneSettings
    from broker.login.browser.pending import Pending, PendingLogins
    from broker.login.pages.rendering import Pages
    from broker.login.pages.views import Message, Page
    from broker.login.providers.choice import Choice

    StartsLogon = Callable[[Zone, str, Pending, AuthorizationRequest], Response]

FORM = "login"
"""The form's name, to which its token is bound."""


class ReadsProviders(Protocol):
    """Reads the identity providers of zones."""

    def of_zone(self, zone_: Zone, /) -> Sequence[Provider]:
        """Return the stored records of the zone."""


class ProviderStore(Protocol):
    """The repositories of this module."""

    @property
    def providers(self) -> ReadsProviders:
        """The repository of identity providers."""

    @property
    def zone_settings(self) -> ReadsZoneSettings:
        """The repository of settings."""


@dataclass(frozen=True, slots=True)
class Login:
    """A login in progress, checked now; without ``target`` it is for a page of this server."""

    zone: Zone
    pending: Pending
    target: Target | None = None
    request: AuthorizationRequest = field(default_factory=AuthorizationRequest)

    @property
    def application(self) -> str:
        """The name of the application, '' without one."""
        return "" if self.target is None else self.target.application


@dataclass(frozen=True, slots=True)
class LoginPages:
    """Shows the providers that a login can use; ``start`` redirects to one, by its origin."""

    pages: Pages
    browser: Browser
    pending: PendingLogins
    transactions: Transactions[ProviderStore]
    start: StartsLogon

    def response(
        self,
        login: Login,
        *,
        error: Message | None = None,
        user_name: str = "",
        status: int = 200,
        origin: str | None = None,
    ) -> Response:
        """Return the page; if one remote provider remains, the redirect to it.

        ``error`` and ``user_name`` are of a failed logon; ``origin`` is the user's choice. Raises
        PageError.
        """
        choice, settings = self._choice(login, origin)
        if choice.only is not None and not choice.only.is_local:
            return self.start(login.zone, choice.only.origin, login.pending, login.request)
        page = self._page(login, choice, error, user_name or choice.login_hint or "")
        return self.show(login, page, settings.iframe_domains, status=status)

    def show(
        self, login: Login, page: Page, iframe_domains: Iterable[str], *, status: int = 200
    ) -> Response:
        """Return a page of the login, whose forms continue it.

        ``iframe_domains`` are those of the zone's settings.
        """
        ancestors = tuple(iframe_domains)
        uri = "" if login.target is None else login.target.uri
        response = self.pages.response(
            page,
            status=status,
            # Where redirects after a form of the login may lead (I-90).
            form_targets=form_targets_for(uri, is_secure=self.browser.cookies.is_secure),
            frame_ancestors=ancestors,
            ui_locales=login.pending.parameters.get("ui_locales", ""),
        )
        self.browser.set_binding(response, is_framed=bool(ancestors))
        return response

    def require_local(self, login: Login) -> None:
        """Raise PageError unless users can log on with a password of the zone."""
        choice, _ = self._choice(login, None)
        if not choice.has_local_store:
            raise PageError(
                Problem.NO_PROVIDER,
                "The application does not accept passwords of this zone.",
                zone_name=login.zone.subdomain,
            )

    def _choice(self, login: Login, origin: str | None) -> tuple[Choice, ZoneSettings]:
        zone = login.zone
        stored, settings = self.transactions.read(
            lambda store: (store.providers.of_zone(zone), store.zone_settings.of(zone))
        )
        try:
            choice = choose_provider(
                active_providers(zone, stored),
                None if login.target is None else login.target.settings.allowed_providers,
                idp=login.request.idp,
                login_hint=login.request.login_hint,
                default=settings.default_idp,
            )
            if origin is not None:
                choice = choose_provider(choice.providers, None, idp=origin)
        except GrantRefused as error:
            is_hint = error.code == INVALID_HINT
            problem = Problem.LOGIN_HINT if is_hint else Problem.NO_PROVIDER
            raise PageError(problem, str(error), zone_name=zone.subdomain) from None
        return choice, settings

    def _page(self, login: Login, choice: Choice, error: Message | None, user_name: str) -> Page:
        sealed = self.pending.seal(login.pending, self.browser.page_binding())
        csrf = self.browser.csrf_token(FORM)
        remote = tuple(
            ProviderLink(each.origin, each.name) for each in choice.providers if not each.is_local
        )
        asks = "select_account" in login.request.prompts and error is None
        if choice.only is None and (asks or not choice.has_local_store):
            every = tuple(
                ProviderLink(each.origin, "" if each.is_local else each.name)
                for each in choice.providers
            )
            return ProviderChoicePage(
                zone_name=login.zone.subdomain,
                csrf=csrf,
                application=login.application,
                pending=sealed,
                providers=every,
            )
        return LoginPage(
            zone_name=login.zone.subdomain,
            csrf=csrf,
            application=login.application,
            pending=sealed,
            user_name=user_name,
            error=error,
            providers=remote,
            has_password_form=choice.has_local_store,
        )


def origin_of(request: AuthorizationRequest) -> str | None:
    """Return the origin of the provider that the request names (I-47).

    Raises PageError for an invalid hint, AuthorizationRefused if no page may be shown (I-66).
    """
    try:
        return requested_origin(request.idp, request.login_hint)
    except GrantRefused as error:
        if request.is_silent:
            raise AuthorizationRefused("invalid_request", str(error)) from None
        raise PageError(Problem.LOGIN_HINT, str(error)) from None
