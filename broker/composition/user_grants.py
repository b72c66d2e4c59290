"""The composition of the grants that issue tokens of users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request
from sqlalchemy import event

from broker.authentication.passwords.check import PasswordCheck
from broker.authentication.passwords.hashing import PasswordHashing
from broker.authentication.passwords.passcode import Passcodes
from broker.authorization.user_rights import DecidedRights
from broker.composition.providers import provider_logon
from broker.relying_party.assertion import ForeignAssertions
from broker.relying_party.network.slots import RequestSlots
from broker.runtime.slots import FairSlots
from broker.runtime.turn import Turn
from broker.settings.threads import active_grants, assertions_at_providers, waiting_grants
from broker.store.authorization.user_rights import StoredRoles
from broker.store.identity.client_settings import StoredClientSettings
from broker.tokens.grants.authorization_code import AuthorizationCodeGrant
from broker.tokens.grants.jwt_bearer import JwtBearer
from broker.tokens.grants.password import PasswordGrant
from broker.tokens.grants.refresh_token import RefreshTokenGrant
from broker.tokens.refresh_tokens import RefreshTokens
from broker.tokens.user_tokens import UserTokens

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from broker.addresses import Addresses
    from broker.composition.client_address import ClientAddress
    from broker.relying_party.logon import ProviderLogon
    from broker.settings.model import Settings
    from broker.store.sealing.data_keys import DataKeys
    from broker.store.transactions import StoreTransactions
    from broker.tokens.grant import Grant
    from broker.tokens.introspection import Introspection
    from broker.tokens.signing import KeyRing


@dataclass(frozen=True, slots=True)
class UserGrantParts:
    """What grants to users and logins need; one of each per process.

    Requests hold ``turn`` while they use the interpreter, and pause before each statement.
    """

    client_settings: StoredClientSettings
    rights: DecidedRights
    tokens: UserTokens
    refresh_tokens: RefreshTokens
    transactions: StoreTransactions
    turn: Turn
    slots: FairSlots
    hashing: PasswordHashing
    check: PasswordCheck
    providers: ProviderLogon

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - its dependencies
        cls,
        settings: Settings,
        engine: Engine,
        keys: DataKeys,
        addresses: Addresses,
        ring: KeyRing,
        transactions: StoreTransactions,
    ) -> UserGrantParts:
        """Return the parts; the ring is their clock, because times are the store's."""
        turn = Turn()
        event.listen(engine, "before_cursor_execute", lambda *_: turn.pause())
        # At most a quarter of the threads wait for a hash (D-41), and one slot remains for others.
        waiting = min(settings.threads // 4, active_grants(settings.threads) - 2)
        hashing = PasswordHashing(max(0, waiting), waiting=turn.released)
        return cls(
            StoredClientSettings(engine),
            DecidedRights(StoredRoles(engine), ring, _max_snapshot_age(settings)),
            UserTokens(ring, keys, addresses, settings.token_validity, settings.token_backdate),
            RefreshTokens(ring, settings.refresh_token_validity, settings.exchange_period),
            transactions,
            turn,
            # A grant that writes needs a connection for its transaction and may need one for data
            # keys.
            FairSlots(active_grants(settings.threads), waiting_grants(settings.threads)),
            hashing,
            PasswordCheck(transactions, keys, hashing),
            provider_logon(settings, transactions, keys, addresses, ring, turn),
        )


def user_grants(
    settings: Settings,
    parts: UserGrantParts,
    introspection: Introspection,
    keys: DataKeys,
    address: ClientAddress,
) -> list[Grant]:
    """Return the grants."""

    def address_of_request() -> str:
        return address(request.environ)

    stored = parts.transactions, parts.client_settings
    issuing = parts.rights, parts.tokens
    ring = parts.tokens.keys
    return [
        PasswordGrant(
            *stored,
            parts.check,
            Passcodes(parts.transactions, keys),
            *issuing,
            parts.refresh_tokens,
            ring,
            address_of_request,
        ),
        AuthorizationCodeGrant(*stored, *issuing, parts.refresh_tokens, ring, address_of_request),
        RefreshTokenGrant(*stored, *issuing, ring, _max_snapshot_age(settings), address_of_request),
        JwtBearer(
            introspection,
            parts.client_settings,
            *issuing,
            parts.refresh_tokens,
            parts.transactions,
            timedelta(seconds=settings.exchange_period),
            frozenset(settings.exchange_without_uaa_user),
            ForeignAssertions(
                parts.providers,
                parts.transactions,
                timedelta(seconds=settings.assertion_max_age),
                RequestSlots(assertions_at_providers(settings.threads), waiting=0),
            ),
        ),
    ]


def _max_snapshot_age(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.snapshot_max_age)
