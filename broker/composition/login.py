"""The composition of logins in the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, request

from broker.authentication.former_zone import FormerZones
from broker.authentication.passwords.passcode import Passcodes
from broker.authentication.session import Sessions
from broker.composition.own_pages import add_own_pages
from broker.credentials.browser_values import BrowserValues
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.login.authorization.client_host import HostsOfClients
from broker.login.authorization.target import FindTarget
from broker.login.browser.browser import Browser
from broker.login.browser.cookies import Cookies
from broker.login.browser.csrf import Csrf
from broker.login.browser.pending import PendingLogins
from broker.login.endpoints import (
    Turns,
    add_authorization_endpoint,
    add_login_forms,
    add_login_page,
)
from broker.login.flow import LoginFlow
from broker.login.info import LoginInfo, add_info
from broker.login.login_page import LoginPages
from broker.login.logout import Logout, add_logout
from broker.login.moved_host import redirect_moved_hosts
from broker.login.own_zone import OwnZone, offer_zones
from broker.login.pages.errors import register_page_errors
from broker.login.pages.rendering import Pages
from broker.login.pages.stylesheet import add_stylesheet
from broker.login.passcode import PasscodeOfUser, add_passcode
from broker.login.password_change import PasswordChange
from broker.login.password_login import PasswordLogin
from broker.login.provider_callback import Callback, add_callback
from broker.login.providers.start import StartLogon
from broker.login.session_pages import SessionPages
from broker.oauth.zones import RequestZone
from broker.redirects.requested import RequestedRedirects
from broker.relying_party.logout import ProviderLogout
from broker.runtime.slots import FairSlots
from broker.settings.threads import active_logins, waiting_logins
from broker.store.identity.clients import StoredClients
from broker.store.identity.scope_descriptions import StoredScopeDescriptions
from broker.store.zones import StoredZones
from broker.tokens.authorization_code import AuthorizationCodes
from broker.tokens.id_token_hint import IdTokenHints

if TYPE_CHECKING:
    from broker.addresses import Addresses
    from broker.composition.administration import Store
    from broker.composition.client_address import ClientAddress
    from broker.composition.user_grants import UserGrantParts
    from broker.settings.model import Settings

_WAIT_SECONDS = 5.0
"""How long a login waits until its password is checked."""


class LoginService(NamedTuple):
    """The endpoints of logins, and what other pages of the browser share with them."""

    blueprint: Blueprint
    flow: LoginFlow
    values: BrowserValues
    turns: Turns

    @property
    def browser(self) -> Browser:
        """The browser of the current request."""
        return self.flow.browser


def login_service(
    settings: Settings,
    store: Store,
    addresses: Addresses,
    parts: UserGrantParts,
    address: ClientAddress,
) -> LoginService:
    """Return the endpoints; the key ring is their clock, because times are the store's."""
    transactions, clock = parts.transactions, parts.tokens.keys
    values = BrowserValues(store.keys)

    def address_of_request() -> str:
        return address(request.environ)

    session_end = timedelta(seconds=settings.session_max_age)
    sessions = Sessions(transactions, clock, session_end, address_of_request)
    browser = Browser(
        Cookies.at(addresses.public_url), Csrf(values), sessions, transactions, addresses
    )
    pending = PendingLogins(values, clock)
    pages = Pages()
    clients, redirects = StoredClients(store.engine), redirects_of(settings)
    zones = StoredZones(store.engine)
    hosts = HostsOfClients(addresses, FormerZones(zones))
    start = StartLogon(parts.providers, browser, pending, clock)
    login_pages = LoginPages(pages, browser, pending, transactions, start)
    hints = IdTokenHints(parts.tokens.keys)
    flow = LoginFlow(
        transactions,
        FindTarget(clients, parts.client_settings, hosts, redirects),
        browser,
        pending,
        login_pages,
        SessionPages(browser, pending, login_pages, StoredScopeDescriptions(store.engine).of),
        pages,
        sessions,
        parts.rights,
        AuthorizationCodes(clock),
        hints,
        addresses,
        clock,
    )
    set_password = SetPassword(
        transactions, PasswordPolicy(settings.password_min_length), parts.hashing.hash
    )
    change = PasswordChange(transactions, flow, set_password, parts.hashing, values)
    login = PasswordLogin(
        transactions,
        flow,
        parts.check,
        change,
        store.keys,
        address_of_request,
    )
    slots = FairSlots(
        active_logins(settings.threads), waiting_logins(settings.threads), _WAIT_SECONDS
    )
    turns = Turns(slots, parts.turn, address_of_request)
    blueprint = Blueprint("login", __name__)
    register_page_errors(blueprint, pages)
    redirect_moved_hosts(blueprint)
    add_stylesheet(blueprint)
    add_authorization_endpoint(blueprint, flow, turns)
    add_login_forms(blueprint, flow, login, change, turns)
    own_zone = OwnZone(browser, transactions)
    offer_zones(blueprint, pages)
    info = LoginInfo(addresses, RequestZone(addresses, zones).subdomain, clock)
    add_login_page(blueprint, flow, own_zone, info, turns)
    add_info(blueprint, info)
    add_own_pages(blueprint, flow, own_zone, set_password, parts, store.keys, turns, address)
    logout = Logout(
        browser,
        pages,
        transactions,
        clients,
        parts.client_settings,
        redirects,
        hints,
        ProviderLogout(parts.providers),
        hosts,
        values,
        clock,
    )
    add_logout(blueprint, logout, turns)
    passcodes = Passcodes(transactions, store.keys)
    passcode = PasscodeOfUser(browser, pages, passcodes, own_zone, flow.require_login)
    add_passcode(blueprint, passcode, turns)
    add_callback(blueprint, Callback(parts.providers, browser, pending, flow), turns)
    return LoginService(blueprint, flow, values, turns)


def redirects_of(settings: Settings) -> RequestedRedirects:
    """Return the operator's rules for requested redirect URIs."""
    return RequestedRedirects(
        domains=settings.redirect_domains,
        localhost=settings.mode == "dev" and settings.localhost_redirects,
        is_exact=settings.exact_redirects,
    )
