"""The composition of users' own pages: sessions, applications and password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

from broker.authentication.own_access import OwnAccess
from broker.authentication.passwords.change import ChangeOwnPassword
from broker.authentication.passwords.links import PasswordLinks
from broker.login.own_pages.account import OwnAccount
from broker.login.own_pages.endpoints import add_account, add_own_password
from broker.login.own_pages.own_session import OwnSession
from broker.login.own_pages.password import OwnPassword
from broker.login.own_pages.password_link import PasswordLinkPage

if TYPE_CHECKING:
    from broker.composition.client_address import ClientAddress
    from broker.composition.user_grants import UserGrantParts
    from broker.identity.set_password import SetPassword
    from broker.login.endpoints import Turns
    from broker.login.flow import LoginFlow
    from broker.login.own_zone import OwnZone
    from broker.store.sealing.data_keys import DataKeys


def add_own_pages(  # noqa: PLR0913, PLR0917 - its dependencies
    blueprint: Blueprint,
    flow: LoginFlow,
    own_zone: OwnZone,
    set_password: SetPassword,
    parts: UserGrantParts,
    keys: DataKeys,
    turns: Turns,
    address: ClientAddress,
) -> None:
    """Add the endpoints to those of logins."""
    own = OwnSession(flow.browser, flow.pages, own_zone, flow.require_login)
    transactions, policy = parts.transactions, set_password.policy
    add_account(blueprint, OwnAccount(own, OwnAccess(transactions, flow.clock)), turns)
    change = ChangeOwnPassword(transactions, parts.check, set_password, flow.sessions)
    password = OwnPassword(own, change, policy, lambda: address(request.environ))
    links = PasswordLinks(transactions, keys, set_password)
    link = PasswordLinkPage(flow.browser, flow.pages, links, policy)
    add_own_password(blueprint, password, link, turns)
