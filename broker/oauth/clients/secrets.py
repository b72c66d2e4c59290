"""The client id and secret of a token request (RFC 6749 section 2.3)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from broker.errors import AuthenticationFailed, GrantRefused

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, repr=False)
class PresentedSecret:
    """A client id and secret, in one possible decoding."""

    client_id: str
    client_secret: str


def presented_secrets(
    authorization: str | None, form: Mapping[str, str], *, encoded_first: bool
) -> list[PresentedSecret]:
    """Return the possible decodings of the presented credentials, the most likely first.

    ``authorization`` is the header's value; with ``encoded_first`` the client form-encoded its
    Basic credentials (``X-CF-ENCODED-CREDENTIALS``). Raises AuthenticationFailed without usable
    credentials, GrantRefused if two authentication methods contradict each other (O-02, O-03).
    """
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not authorization:
        if not (client_id and secret):
            raise AuthenticationFailed("no credentials presented")
        return [PresentedSecret(client_id, secret)]
    decodings = _basic_decodings(authorization, encoded_first=encoded_first)
    if client_id and client_id not in {decoding.client_id for decoding in decodings}:
        raise AuthenticationFailed("client_id in the body and in the header differ")
    if secret and secret not in {decoding.client_secret for decoding in decodings}:
        raise GrantRefused(
            "invalid_request", "Only one client authentication method may be used per request"
        )
    return decodings


def _basic_decodings(authorization: str, *, encoded_first: bool) -> list[PresentedSecret]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise AuthenticationFailed("the Authorization header is not Basic")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise AuthenticationFailed("the Basic header does not decode") from None
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise AuthenticationFailed("the Basic header has no colon")
    raw = PresentedSecret(client_id, secret)
    # SAP's libraries send the pair raw, RFC 6749 and Go form-encode it: a secret that may be
    # encoded is tried raw first (O-04).
    if not encoded_first and "%" not in text and "+" not in text:
        return [raw]
    decoded = PresentedSecret(unquote_plus(client_id), unquote_plus(secret))
    return [decoded, raw] if encoded_first else [raw, decoded]
