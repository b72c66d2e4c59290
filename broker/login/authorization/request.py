"""The parameters of an authorization request (O-110, I-65 to I-67)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from broker.errors import BrokerError
from broker.login.pages.errors import PageError
from broker.login.pages.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_LENGTH: Final = 8192
"""Bytes of the query or form (I-60)."""

MAX_STATE: Final = 4096
"""Characters of ``state``, which returns in the ``Location`` header."""

HINT: Final = "id_token_hint"
"""The parameter with an id token of the user for whom the client wants a response."""

_MAX_NONCE = 1024
_CHALLENGE = re.compile(r"[A-Za-z0-9_\-]{43}")
_SECONDS = re.compile(r"[0-9]{1,10}")
_PROMPTS = frozenset({"none", "login", "select_account", "consent"})
_UNSUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}


class AuthorizationRefused(BrokerError):
    """The client receives an error at its redirect URI (RFC 6749 section 4.1.2.1)."""

    def __init__(self, code: str, description: str) -> None:
        """``code`` is the value of the parameter ``error``."""
        self.code = code
        super().__init__(description)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid request; members without a parameter are empty.

    ``idp`` is the origin that the application router names; ``max_age`` is in seconds.
    """

    scope: str = ""
    nonce: str | None = None
    code_challenge: str | None = None
    prompts: frozenset[str] = frozenset()
    max_age: int | None = None
    login_hint: str | None = None
    idp: str | None = None

    @property
    def is_silent(self) -> bool:
        """Whether no page may be shown (``prompt=none``)."""
        return "none" in self.prompts


def read_parameters(pairs: Iterable[tuple[str, str]], length: int) -> dict[str, str]:
    """Return the parameters; those without a value are treated as absent (RFC 6749 section 3.1).

    ``length`` is that of query and form in bytes. Raises PageError for a repeated parameter, a
    long request or ``state``, and control characters (I-60).
    """
    if length > MAX_LENGTH:
        raise _invalid(f"The request has {length} bytes; at most {MAX_LENGTH} are allowed.")
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if not (name.isprintable() and value.isprintable()):
            raise _invalid("A parameter contains a control character.")
        if name in parameters:
            raise _invalid(f"The parameter {name} occurs more than once.")
        parameters[name] = value
    if len(parameters.get("state", "")) > MAX_STATE:
        raise _invalid(f"The parameter state must have at most {MAX_STATE} characters.")
    return {name: value for name, value in parameters.items() if value}


def parse_request(parameters: Mapping[str, str]) -> AuthorizationRequest:
    """Return the request; raise AuthorizationRefused (I-65)."""
    for name, code in _UNSUPPORTED.items():
        if name in parameters:
            raise AuthorizationRefused(code, f"The parameter {name} is not supported")
    _require_code(parameters)
    if len(parameters.get("nonce", "")) > _MAX_NONCE:
        raise _refused(f"nonce must have at most {_MAX_NONCE} characters")
    return AuthorizationRequest(
        scope=parameters.get("scope", ""),
        nonce=parameters.get("nonce"),
        code_challenge=_challenge(parameters),
        prompts=_prompts(parameters.get("prompt", "")),
        max_age=_max_age(parameters.get("max_age")),
        login_hint=parameters.get("login_hint"),
        idp=parameters.get("idp"),
    )


def _require_code(parameters: Mapping[str, str]) -> None:
    response_type = parameters.get("response_type")
    if response_type is None:
        raise _refused("Missing response_type in authorization request")
    if response_type != "code":
        raise AuthorizationRefused(
            "unsupported_response_type", "The only supported response_type is code"
        )
    if parameters.get("response_mode", "query") != "query":
        raise _refused("The only supported response_mode is query")


def _challenge(parameters: Mapping[str, str]) -> str | None:
    """Return the code challenge; S256 is the only method (O-65, RFC 9700 section 2.1.1)."""
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise _refused("code_challenge_method requires code_challenge")
        return None
    if method != "S256":
        raise _refused("code_challenge requires code_challenge_method=S256")
    if _CHALLENGE.fullmatch(challenge) is None:
        raise _refused("code_challenge must be 43 characters of base64url: a SHA-256")
    return challenge


def _prompts(text: str) -> frozenset[str]:
    prompts = frozenset(text.split(" ")) - {""}
    if prompts - _PROMPTS:
        raise _refused("prompt must be none, login, select_account or consent")
    if "none" in prompts and len(prompts) > 1:
        raise _refused("prompt=none excludes other values")
    return prompts


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if _SECONDS.fullmatch(text) is None:
        raise _refused("max_age must be a number of seconds")
    return int(text)


def _refused(description: str) -> AuthorizationRefused:
    return AuthorizationRefused("invalid_request", description)


def _invalid(detail: str) -> PageError:
    return PageError(Problem.INVALID_REQUEST, detail)
