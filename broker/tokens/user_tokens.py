"""Tokens of users: access tokens (I-141), and id tokens beside them (I-106)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from broker.compact_json import compact_json
from broker.credentials.digest import user_revocation_signature
from broker.ids import new_token_id
from broker.tokens.az_attr import additional_attributes
from broker.tokens.client_claims import audience
from broker.tokens.grant import IssuedToken, PreparedToken, Subject, signed_token, validity
from broker.tokens.id_token import OPENID, id_token_claims

if TYPE_CHECKING:
    from datetime import datetime

    from broker.addresses import Addresses
    from broker.authentication.client import AuthenticatedClient
    from broker.authorization.rights import Rights
    from broker.credentials.digest import DigestKeys
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.identity.user import User
    from broker.tokens.signing import KeyRing


@dataclass(frozen=True, slots=True)
class Logon:
    """A user's authentication, on which sessions, codes and tokens depend.

    ``amr`` lists the authentication methods (RFC 8176); ``session_row_id`` is the session in which
    the user logged on, None without one.
    """

    user: User
    auth_time: datetime
    amr: tuple[str, ...]
    session_row_id: int | None = None


class TokenPreview(NamedTuple):
    """The claims of a token before it is requested, and its validity in seconds.

    ``jti``, ``iat``, ``exp``, ``auth_time``, ``grant_type`` and ``rev_sig`` are of each token, as
    are ``cnf`` and ``az_attr``, if the request has a certificate or attributes.
    """

    claims: Mapping[str, Any]
    seconds: int


@dataclass(frozen=True, slots=True)
class UserTokens:
    """Issues access tokens whose subject is a user; validities are seconds."""

    keys: KeyRing
    digest_keys: DigestKeys
    addresses: Addresses
    default_validity: int
    backdate: int

    def issue(  # noqa: PLR0913 - the parts of a token
        self,
        authenticated: AuthenticatedClient,
        logon: Logon,
        rights: Rights,
        *,
        settings: ClientSettings,
        grant_type: str,
        parameters: Mapping[str, str],
        nonce: str | None = None,
        source: int | None = None,
        ends_at: int | None = None,
    ) -> IssuedToken:
        """Return a signed access token, with an id token if ``openid`` is granted.

        ``nonce`` is the value of the authorize request; ``source`` is the row id of the refresh
        family or session that the token depends on: what is exchanged for it ends with the source
        (D-44). The token expires at ``ends_at`` (Unix time) at the latest. Raises GrantRefused if a
        token is too long (I-142).
        """
        client, user = authenticated.client, logon.user
        seconds = self.validity(client, settings)
        key, time = self.keys.current_and_time()
        now = int(time.timestamp())
        if ends_at is not None:
            seconds = min(seconds, ends_at - now)
        issued_at = now - self.backdate
        token_id, thumbprint = new_token_id(), authenticated.certificate_thumbprint
        attributes = additional_attributes(parameters.get("authorities", ""))
        of_token: dict[str, Any] = {
            "jti": token_id,
            "grant_type": grant_type,
            # Not after iat, which is backdated: OIDC clients compare the two.
            "auth_time": min(int(logon.auth_time.timestamp()), issued_at),
            "rev_sig": self._signature(authenticated, user, source),
            "iat": issued_at,
            "exp": now + seconds,
            # RFC 8705 section 3.1: resource servers may require the same certificate.
            "cnf": {"x5t#S256": thumbprint} if thumbprint else None,
            "az_attr": attributes or None,
        }
        present = self._claims(client, user, rights, of_token)
        issued = PreparedToken(
            subject=Subject(authenticated, user.user_id),
            key=key,
            keys_url=self.addresses.keys_url,
            claims=compact_json(present),
            token_id=token_id,
            scopes=rights.scopes,
            expires_in=seconds - 1,  # as in XSUAA: remaining whole seconds (H-44)
        ).signed()
        if OPENID not in rights.scopes:
            return issued
        id_claims = id_token_claims(present, issued.access_token, user, logon.amr, nonce)
        id_token = signed_token(key, compact_json(id_claims), self.addresses.keys_url)
        return replace(issued, id_token=id_token)

    def validity(self, client: Client, settings: ClientSettings) -> int:
        """Return the seconds until an access token of the client expires."""
        return validity(
            client.token_validity, settings.max_access_token_validity, self.default_validity
        )

    def preview(
        self, client: Client, user: User, rights: Rights, settings: ClientSettings
    ) -> TokenPreview:
        """Return what a token would contain, unsigned."""
        return TokenPreview(self._claims(client, user, rights, {}), self.validity(client, settings))

    def _claims(
        self, client: Client, user: User, rights: Rights, of_token: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the claims in the order of the original, without those that are None.

        ``of_token`` are those that depend on the request and the time.
        """
        claims: dict[str, Any] = {
            "jti": of_token.get("jti"),
            "ext_attr": {
                "enhancer": "XSUAA",
                "subaccountid": client.zone.guid,
                "zdn": client.zone.subdomain,
                "serviceinstanceid": client.service_instance_guid,
            },
            "user_uuid": user.user_uuid,
            "xs.user.attributes": rights.attributes,
            "xs.system.attributes": rights.system_attributes,
            "given_name": user.given_name,
            "family_name": user.family_name,
            "sub": user.user_id,
            "scope": rights.scopes,
            "client_id": client.client_id,
            "cid": client.client_id,
            "azp": client.client_id,
            "grant_type": of_token.get("grant_type"),
            "user_id": user.user_id,
            "origin": user.origin,
            "user_name": user.name,
            "email": user.email,
            **{name: of_token.get(name) for name in ("auth_time", "rev_sig", "iat", "exp")},
            "iss": self.addresses.token_url(client.zone.subdomain),
            "zid": client.zone.guid,
            "aud": _user_audience(client.client_id, rights.scopes),
            **{name: of_token.get(name) for name in ("cnf", "az_attr")},
        }
        return {name: value for name, value in claims.items() if value is not None}

    def _signature(self, authenticated: AuthenticatedClient, user: User, source: int | None) -> str:
        """Return ``rev_sig``, whose third part names the source."""
        signature = user_revocation_signature(
            self.digest_keys.token_key().secret,
            authenticated.revocation_signature,
            user.user_id,
            user.token_epoch,
        )
        return signature if source is None else f"{signature}.{source:x}"


def _user_audience(client_id: str, scopes: tuple[str, ...]) -> list[str]:
    """Return the audience, with ``openid`` if it is granted (I-G6)."""
    return [*audience(client_id, scopes), *([OPENID] if OPENID in scopes else [])]
