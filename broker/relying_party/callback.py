"""The parameters with which a provider redirects to the callback (I-38)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.errors import LogonInvalid, ProviderDenied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.relying_party.discovery import Endpoints

_MAX_CODE = 4096
_MAX_ERROR = 64
_MAX_DESCRIPTION = 200


def code_in(parameters: Sequence[tuple[str, str]], endpoints: Endpoints) -> str:
    """Return the code in the parameters of a callback; raise LogonInvalid and ProviderDenied.

    Its issuer is checked first (RFC 9207), then its error.
    """
    issuers = [value for name, value in parameters if name == "iss"]
    if endpoints.states_issuer and not issuers:
        raise LogonInvalid("the response names no issuer")
    if issuers and issuers != [endpoints.issuer]:
        raise LogonInvalid("the response is of another issuer")
    errors = [value for name, value in parameters if name == "error"]
    if errors:
        described = [value for name, value in parameters if name == "error_description"]
        raise ProviderDenied(_denied(errors[0], described[0] if described else ""))
    codes = [value for name, value in parameters if name == "code"]
    if len(codes) != 1 or not 0 < len(codes[0]) <= _MAX_CODE:
        raise LogonInvalid("the response has not exactly one code")
    return codes[0]


def _denied(error: str, description: str) -> str:
    text = f"The identity provider refused the logon: {_plain(error, _MAX_ERROR)}"
    detail = _plain(description, _MAX_DESCRIPTION)
    return f"{text}: {detail}" if detail else f"{text}."


def _plain(text: str, length: int) -> str:
    return "".join(each if each.isprintable() else " " for each in text[:length]).strip()
