"""The password grant (RFC 6749 section 4.3) for users of the zone's own store (I-116, I-117)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from broker.authentication.passwords.check import LogonStore, PasswordAttempt
from broker.authentication.passwords.passcode import PasscodeStore
from broker.descriptor.model import GrantType
from broker.errors import GrantRefused
from broker.identity.user import LOCAL_ORIGIN, canonical_origin
from broker.tokens.grants.admission import NO_PROVIDER, OTHER_PROVIDER, require_admitted
from broker.tokens.refresh_tokens import WithRefreshTokens
from broker.tokens.user_tokens import Logon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.authentication.passwords.check import PasswordCheck
    from broker.authentication.passwords.passcode import Passcodes
    from broker.authorization.rights import UserRights
    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.tokens.grant import IssuedToken
    from broker.tokens.refresh_tokens import RefreshTokens
    from broker.tokens.user_tokens import UserTokens
    from broker.transactions import Transactions

_NO_PASSWORD_PROVIDER = (
    "The origin provided in the login_hint does not match an active Identity Provider, that"  # noqa: S105
    " supports password grant."
)
_UNDETERMINED = (
    "The client is authorized for multiple identity providers with password grant and could not"
    " determine which identity provider to use."
)
"""UAA's texts."""

_MAX_HINT = 1024


class SettingsOfClients(Protocol):
    """Finds the settings of clients."""

    def of(self, client: Client) -> ClientSettings:
        """Return the client's settings, as currently committed."""


class GrantStore(LogonStore, PasscodeStore, WithRefreshTokens, Protocol):
    """The repositories of this module."""


@dataclass(frozen=True, slots=True)
class PasswordGrant:
    """Issues tokens to users who give the client their password, or a passcode (I-105).

    ``address_of_request`` returns the address of the current request's client.
    """

    transactions: Transactions[GrantStore]
    settings: SettingsOfClients
    check: PasswordCheck
    passcodes: Passcodes
    rights: UserRights
    tokens: UserTokens
    refresh_tokens: RefreshTokens
    clock: Clock
    address_of_request: Callable[[], str]

    grant_type = GrantType.PASSWORD.value

    def issue(
        self, authenticated: AuthenticatedClient, parameters: Mapping[str, str]
    ) -> IssuedToken:
        """Return a token for the user; the success is stored in one transaction with it.

        Raises GrantRefused, TooManyFailures and Busy.
        """
        settings = self.settings.of(authenticated.client)
        if "passcode" in parameters:
            return self._by_passcode(authenticated, settings, parameters)
        return self._by_password(authenticated, settings, parameters)

    def _by_password(
        self,
        authenticated: AuthenticatedClient,
        settings: ClientSettings,
        parameters: Mapping[str, str],
    ) -> IssuedToken:
        client = authenticated.client
        for name in ("username", "password"):
            if name not in parameters:
                raise GrantRefused("invalid_request", f"Missing parameter {name}")
        _require_local(settings, parameters.get("login_hint", ""))
        checked = self.check(
            PasswordAttempt(
                client.zone,
                parameters["username"],
                parameters["password"],
                self.address_of_request(),
                client.row_id,
            )
        )
        if checked is None:
            raise _refused("Bad credentials")
        try:
            if checked.password.is_change_required:
                raise _refused("password change required")
            # As it is after the hash: roles may have been withdrawn meanwhile (D-39).
            user = self.transactions.read(lambda store: store.users.at(checked.user.row_id))
            if user is None:
                raise _refused("Bad credentials")
            require_admitted(user, settings)
            logon = Logon(user, self.clock.now(), user.amr)
            issue = self._prepare(authenticated, logon, settings, parameters)
        except GrantRefused:
            # The password is right: a refusal for another reason must not delay the next logon.
            self.transactions.run(checked.clear)
            raise

        def complete(store: GrantStore) -> IssuedToken:
            if not checked.complete(store):
                raise _refused("Bad credentials")
            return issue(store)

        return self.transactions.run(complete)

    def _by_passcode(
        self,
        authenticated: AuthenticatedClient,
        settings: ClientSettings,
        parameters: Mapping[str, str],
    ) -> IssuedToken:
        text, address = parameters["passcode"], self.address_of_request()
        checked = self.passcodes.check(authenticated.client, text, address)
        if checked is None:
            raise _refused("Invalid passcode")
        found = checked.passcode
        require_admitted(found.user, settings)
        logon = Logon(found.user, found.auth_time, found.amr)
        issue = self._prepare(authenticated, logon, settings, parameters)

        def complete(store: GrantStore) -> IssuedToken:
            if not checked.complete(store):
                raise _refused("Invalid passcode")
            return issue(store)

        return self.transactions.run(complete)

    def _prepare(
        self,
        authenticated: AuthenticatedClient,
        logon: Logon,
        settings: ClientSettings,
        parameters: Mapping[str, str],
    ) -> Callable[[GrantStore], IssuedToken]:
        """Return what stores the refresh token of a signed token within a transaction.

        A signature takes too long for a transaction.
        """
        client = authenticated.client
        rights = self.rights.of(logon.user, client, settings, parameters.get("scope", ""))
        family_row_id = self.refresh_tokens.new_family(client)
        token = self.tokens.issue(
            authenticated,
            logon,
            rights,
            settings=settings,
            grant_type=self.grant_type,
            parameters=parameters,
            source=family_row_id,
        )

        def issue(store: GrantStore) -> IssuedToken:
            family = self.refresh_tokens.start(
                store,
                authenticated,
                logon,
                settings,
                rights.scopes,
                self.grant_type,
                row_id=family_row_id,
            )
            return token if family is None else replace(token, refresh_token=family.refresh_token)

        return issue


def _require_local(settings: ClientSettings, hint: str) -> None:
    """Raise GrantRefused unless the request is for the zone's own user store.

    Passwords are not forwarded to other identity providers (I-117).
    """
    allowed = settings.allowed_providers
    if allowed is not None and not allowed:
        raise _refused(NO_PROVIDER, "unauthorized")
    origin = _hinted(hint) if hint else settings.default_idp
    if origin is not None:
        if canonical_origin(origin) != LOCAL_ORIGIN:
            is_allowed = allowed is None or canonical_origin(origin) in allowed
            raise _refused(_NO_PASSWORD_PROVIDER if is_allowed else OTHER_PROVIDER, "unauthorized")
        if allowed is not None and LOCAL_ORIGIN not in allowed:
            raise _refused(OTHER_PROVIDER, "unauthorized")
    elif allowed is not None and LOCAL_ORIGIN not in allowed:
        raise _refused(_UNDETERMINED if len(allowed) > 1 else OTHER_PROVIDER, "unauthorized")
    if not settings.has_local_logon:
        # Before the password is checked: an inactive store confirms none.
        raise _refused(_NO_PASSWORD_PROVIDER, "unauthorized")


def _hinted(text: str) -> str:
    """Return the origin in a ``login_hint``, JSON that may be URL-encoded; raise GrantRefused.

    A hint that cannot be read must not select another provider.
    """
    if len(text) <= _MAX_HINT:
        try:
            hint = json.loads(text if text.lstrip().startswith("{") else unquote(text))
        except (ValueError, RecursionError):
            hint = None
        if isinstance(hint, dict) and isinstance(hint.get("origin"), str):
            return str(hint["origin"])
    raise GrantRefused("invalid_request", "login_hint must be a JSON object with the member origin")


def _refused(text: str, code: str = "invalid_client") -> GrantRefused:
    return GrantRefused(code, text, is_unauthorized=True)
