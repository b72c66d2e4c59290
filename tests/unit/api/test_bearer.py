"""Callers of the administration APIs by their tokens (D-57)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from broker.api.bearer import Bearers, require_one_of
from broker.audit.actor import ActorKind
from broker.authorization.rights import Rights
from broker.errors import AccessDenied, GrantRefused, TokenInvalid
from broker.tokens.introspection import ActiveToken
from tests.support.instances import an_oauth_client
from tests.support.users import a_user

CLIENT = an_oauth_client()
CLAIMS: dict[str, Any] = {"scope": ["xs_user.read", "xs_user.write"], "rev_sig": "1f.abc"}


@dataclass
class Service:
    """One token, and what client and user have at present."""

    token: ActiveToken = field(default_factory=lambda: ActiveToken(CLAIMS, CLIENT))
    held: tuple[str, ...] = ("xs_user.read", "uaa.resource")
    certificate: bytes | None = None

    def of(self, what: Any, *_: Any, limit: Any = None) -> Any:
        if limit is not None:
            left = sorted({*self.held} & {*limit})
            if not left:
                raise GrantRefused("invalid_token", "none")
            return Rights(tuple(left))
        if what == "token":
            return self.token
        if isinstance(what, str):
            raise TokenInvalid("unknown")
        return self.held

    def caller(self, header: str | None = "Bearer token") -> Any:
        service: Any = self
        bearers = Bearers(service, service, service, service, lambda _: self.certificate)
        return bearers.caller({} if header is None else {"HTTP_AUTHORIZATION": header}, "c-1")


def test_a_client_has_the_scopes_that_it_still_has() -> None:
    caller = Service().caller("bEARER token ")
    assert caller.scopes == {"xs_user.read"}
    assert caller.zone == CLIENT.zone.guid
    actor = caller.actor
    assert (actor.kind, actor.id) == (ActorKind.CLIENT, CLIENT.client_id)
    assert (actor.identity, actor.correlation_id) == ({"credential": "1f"}, "c-1")
    assert actor.scopes == caller.scopes


def test_a_user_has_the_scopes_that_it_still_has() -> None:
    user = a_user()
    service = Service(ActiveToken(CLAIMS, CLIENT, user))
    caller = service.caller()
    assert caller.scopes == {"xs_user.read"}
    assert (caller.actor.kind, caller.actor.id) == (ActorKind.USER, user.user_id)
    assert caller.actor.identity == {"client": CLIENT.client_id, "credential": "1f"}
    service.held = ("openid",)
    assert service.caller().scopes == frozenset()


@pytest.mark.parametrize("header", [None, "", "Basic x", "Bearer"])
def test_no_token(header: str | None) -> None:
    assert Service().caller(header) is None


def test_other_tokens_are_refused() -> None:
    with pytest.raises(TokenInvalid):
        Service().caller("Bearer other")


def test_a_bound_token_needs_its_certificate() -> None:
    bound = ActiveToken({**CLAIMS, "cnf": {"x5t#S256": "x"}}, CLIENT)
    with pytest.raises(TokenInvalid):
        Service(bound).caller()
    with pytest.raises(TokenInvalid):
        Service(bound, certificate=b"another").caller()


def test_one_of_the_scopes_is_enough() -> None:
    caller = Service().caller()
    require_one_of(caller, ("xs_authorization.read", "xs_user.read"))
    with pytest.raises(AccessDenied) as raised:
        require_one_of(caller, ("xs_user.write",))
    assert raised.value.scope == "xs_user.write"
