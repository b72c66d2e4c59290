"""The endpoints of users' own pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from broker.login.authorization.response import redirect_to
from broker.login.endpoints import read_form
from broker.login.pages.views import (
    ACCOUNT,
    ACCOUNT_PASSWORD_ACTION,
    CHANGE_PASSWORD_ACTION,
    END_SESSION_ACTION,
    REVOKE_CONSENT_ACTION,
    SET_PASSWORD_ACTION,
)

if TYPE_CHECKING:
    from flask import Blueprint, Response

    from broker.login.endpoints import Turns
    from broker.login.own_pages.account import OwnAccount
    from broker.login.own_pages.password import OwnPassword
    from broker.login.own_pages.password_link import PasswordLinkPage


def add_account(blueprint: Blueprint, account: OwnAccount, turns: Turns) -> None:
    """Serve the page of the user's sessions and applications, and its forms."""

    @blueprint.get(ACCOUNT, strict_slashes=False)
    def show_account() -> Response:
        with turns.short():
            return account.show()

    @blueprint.post(END_SESSION_ACTION)
    def end_session() -> Response:
        read_form()
        with turns.short():
            return account.end_session()

    @blueprint.post(REVOKE_CONSENT_ACTION)
    def withdraw_consent() -> Response:
        read_form()
        with turns.short():
            return account.withdraw()


def add_own_password(
    blueprint: Blueprint, password: OwnPassword, link: PasswordLinkPage, turns: Turns
) -> None:
    """Serve the pages on which users change or set their own password."""

    @blueprint.get(CHANGE_PASSWORD_ACTION)
    def show_password_form() -> Response:
        with turns.short():
            return password.show()

    @blueprint.post(ACCOUNT_PASSWORD_ACTION)
    def change_own_password() -> Response:
        read_form()
        with turns.hashing():
            return password()

    @blueprint.get(SET_PASSWORD_ACTION)
    def show_link() -> Response:
        with turns.short():
            return link.show()

    @blueprint.post(SET_PASSWORD_ACTION)
    def redeem_link() -> Response:
        read_form()
        with turns.hashing():
            return link.redeem()

    @blueprint.get("/.well-known/change-password")
    def find_password_form() -> Response:
        """Redirect password managers (W3C: A Well-Known URL for Changing Passwords)."""
        return redirect_to(CHANGE_PASSWORD_ACTION, HTTPStatus.FOUND)
