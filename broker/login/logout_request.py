"""The parameters of ``/logout.do`` (I-101, OIDC RP-Initiated Logout section 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from broker.login.pages.errors import PageError
from broker.login.pages.problems import Problem
from broker.request_body import read_body

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

MAX_QUERY = 8192
"""Characters of the query."""

MAX_STATE = 1024
"""Characters of an application's ``state``."""

_MAX_SEALED = 8192
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KNOWN = ("client_id", "id_token_hint", "post_logout_redirect_uri", "redirect", "state")


@dataclass(frozen=True, slots=True, repr=False)
class LogoutRequest:
    """A logout request; what is absent is empty. ``target`` is the requested URI."""

    client_id: str = ""
    id_token_hint: str = ""
    target: str = ""
    state: str = ""
    is_form: bool = False

    @classmethod
    def read(cls) -> LogoutRequest:
        """Return the parameters of the current request; raise PageError.

        Those of a POST are in the body.
        """
        if len(request.query_string) > MAX_QUERY:
            raise PageError(Problem.INVALID_REQUEST, "The query is too long.")
        is_form = request.method == "POST"
        if is_form:
            read_body()
        found = {name: _single(request.form if is_form else request.args, name) for name in _KNOWN}
        asked = cls(
            client_id=found["client_id"],
            id_token_hint=found["id_token_hint"],
            target=found["post_logout_redirect_uri"] or found["redirect"],
            state=found["state"],
            is_form=is_form,
        )
        if len(asked.state) > (_MAX_SEALED if asked.has_only_state else MAX_STATE):
            raise PageError(Problem.INVALID_REQUEST, "The parameter state is too long.")
        return asked

    @property
    def has_only_state(self) -> bool:
        """Whether an identity provider may have sent the request: its ``state`` is ours."""
        others = self.client_id or self.id_token_hint or self.target
        return bool(self.state) and not others and not self.is_form

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The parameters that a confirmation repeats: none of them identifies a client."""
        target = ("post_logout_redirect_uri", self.target)
        return tuple(field for field in (target, ("state", self.state)) if field[1])


def _single(parameters: MultiDict[str, str], name: str) -> str:
    """Return the only value, empty if there is none; raise PageError (I-60)."""
    values = parameters.getlist(name)
    if len(values) > 1:
        raise PageError(Problem.INVALID_REQUEST, f"The parameter {name} occurs more than once.")
    value = values[0] if values else ""
    if _CONTROL.search(value):
        text = f"The parameter {name} contains control characters."
        raise PageError(Problem.INVALID_REQUEST, text)
    return value
