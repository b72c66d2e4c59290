"""The parameters of ``/logout.do`` (I-101, OIDC RP-Initiated Logout section 2)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from broker.login.authorization.request import read_parameters
from broker.login.pages.errors import PageError
from broker.login.pages.problems import Problem
from broker.request_body import read_body

MAX_STATE = 1024
"""Characters of an application's ``state``."""


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
        is_form = request.method == "POST"
        length = len(read_body()) if is_form else len(request.query_string)
        source = request.form if is_form else request.args
        found = read_parameters(source.items(multi=True), length)
        asked = cls(
            client_id=found.get("client_id", ""),
            id_token_hint=found.get("id_token_hint", ""),
            target=found.get("post_logout_redirect_uri") or found.get("redirect", ""),
            state=found.get("state", ""),
            is_form=is_form,
        )
        if len(asked.state) > MAX_STATE and not asked.has_only_state:
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
