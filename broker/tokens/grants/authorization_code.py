"""The authorization-code grant (RFC 6749 section 4.1.3): a code exchanged once (I-110, I-111)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import client_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.credentials.opaque import Opaque
from broker.descriptor.model import GrantType
from broker.errors import GrantRefused
from broker.tokens.authorization_code import Given, WithAuthorizationCodes, require_verifier
from broker.tokens.grants.admission import require_admitted
from broker.tokens.ports import WithRevokedTokens
from broker.tokens.refresh_tokens import WithRefreshTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from broker.authentication.client import AuthenticatedClient
    from broker.authorization.rights import UserRights
    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.tokens.authorization_code import AuthorizationCode
    from broker.tokens.grant import IssuedToken
    from broker.tokens.ports import SettingsOfClients
    from broker.tokens.refresh_tokens import RefreshTokens
    from broker.tokens.user_tokens import UserTokens
    from broker.transactions import Transactions

_LONGEST_TOKEN = timedelta(days=1)


class CodeStore(WithAuthorizationCodes, WithRefreshTokens, WithRevokedTokens, WithAudit, Protocol):
    """The store of an exchange."""


@dataclass(frozen=True, slots=True)
class AuthorizationCodeGrant:
    """Exchanges a code for the tokens of the user who logged on; ``clock`` dates the tokens.

    The code is taken, and what it gave is kept, in the transaction whose commit precedes the
    response: a failure leaves the code usable, as the application router repeats the request.
    """

    transactions: Transactions[CodeStore]
    settings: SettingsOfClients
    rights: UserRights
    tokens: UserTokens
    refresh_tokens: RefreshTokens
    clock: Clock
    address_of_request: Callable[[], str] = str
    """Returns the address of the current request's client, for the audit trail."""

    grant_type = GrantType.AUTHORIZATION_CODE.value

    def issue(
        self, authenticated: AuthenticatedClient, parameters: Mapping[str, str]
    ) -> IssuedToken:
        """Return the tokens; a second use after a success revokes them (RFC 6749 4.1.2)."""
        client = authenticated.client
        code = self._presented(client, parameters)
        if code.used_at is not None:
            self.transactions.run(lambda store: self._take_back(store, client, code))
            raise _invalid()
        settings = self.settings.of(client)
        require_admitted(code.user, settings)
        rights = self.rights.of(code.user, client, settings, limit=code.scopes)
        family_row_id = self.refresh_tokens.new_family(client)
        issued = self.tokens.issue(
            authenticated,
            code.logon,
            rights,
            settings=settings,
            grant_type=self.grant_type,
            parameters=parameters,
            nonce=code.nonce,
            source=family_row_id or code.session_row_id,
        )

        def answer(store: CodeStore) -> IssuedToken | None:
            given = Given(issued.token_id, family_row_id)
            if not store.authorization_codes.take(code, given, self.clock.now()):
                self._take_back(store, client, code)
                return None
            started = self.refresh_tokens.start(
                store,
                authenticated,
                code.logon,
                settings,
                rights.scopes,
                self.grant_type,
                row_id=family_row_id,
            )
            return replace(issued, refresh_token=started and started.refresh_token)

        answered = self.transactions.run(answer)
        if answered is None:
            raise _invalid()
        return answered

    def _presented(self, client: Client, parameters: Mapping[str, str]) -> AuthorizationCode:
        """Return the client's code in the parameters; a wrong request changes nothing (D-43)."""
        text = parameters.get("code")
        if text is None:
            raise GrantRefused("invalid_request", "An authorization code must be supplied.")
        value = Opaque.parse(text)
        if value is None:
            raise _invalid()
        code = self.transactions.read(lambda store: store.authorization_codes.find(value))
        if code is None or code.user.zone.row_id != client.zone.row_id:
            raise _invalid()
        if code.used_at is None and not code.is_live(self.clock.now()):
            raise _invalid()
        if code.client_row_id != client.row_id:
            raise GrantRefused("invalid_client", "Client ID mismatch")
        if code.redirect_uri != parameters.get("redirect_uri"):
            raise GrantRefused("invalid_grant", "Redirect URI mismatch.")
        require_verifier(code.code_challenge, parameters.get("code_verifier"))
        return code

    def _take_back(self, store: CodeStore, client: Client, code: AuthorizationCode) -> None:
        """Revoke what the used code gave, and audit it; a further use changes nothing."""
        given = store.authorization_codes.take_back(code)
        if given is None:
            return
        now = self.clock.now()
        if given.family_row_id is not None:
            store.refresh_tokens.end(given.family_row_id)
        store.issued_tokens.revoke(client, given.token_id, expires_at=now + _LONGEST_TOKEN, now=now)
        store.audit.append(_revocation(code, given, now, self.address_of_request()))


def _invalid() -> GrantRefused:
    """Return the one error of unknown, used and expired codes, without the code (O-37)."""
    return GrantRefused("invalid_grant", "Invalid authorization code")


def _revocation(code: AuthorizationCode, given: Given, now: datetime, address: str) -> AuditEvent:
    return AuditEvent(
        Action.REVOKE_TOKENS,
        client_actor(code.client_id),
        Subject(SubjectKind.CLIENT, code.client_id),
        now,
        {
            "reason": "authorization code used twice",
            "address": address,
            "token_id": given.token_id,
            "user_id": code.user.user_id,
        },
        zone_guid=code.user.zone.guid,
    )
