"""Hints of logout requests: signed by this server, expired or not (I-101)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.tokens.id_token_hint import Hint, IdTokenHints
from tests.clients.tampering import with_another_signature, with_claims, with_header
from tests.support.user_tokens import UserTokenService
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain


@pytest.fixture
def service(domain: Domain) -> UserTokenService:
    domain.provision("i", {"xsappname": "app"})
    return UserTokenService.of_domain(domain)


def test_an_id_token_identifies_its_client(domain: Domain, service: UserTokenService) -> None:
    credentials: Any = domain.bind("i", "b")
    client = domain.instance("i").client
    user = stored_user(domain, client.zone)
    issued = service.issue(credentials, user)
    assert issued.id_token is not None
    hints = IdTokenHints(service.ring)
    expected = Hint(client.client_id, client.zone.guid, user.user_id)
    assert hints.read(issued.id_token) == expected
    expired = service.issue(credentials, user, ends_at=1)
    assert expired.id_token is not None
    assert hints.read(expired.id_token) == expected
    for text in (
        issued.access_token,
        with_another_signature(issued.id_token),
        with_claims(issued.id_token, azp="sb-other!t1"),
        with_header(issued.id_token, alg="none"),
        with_header(issued.id_token, kid="other"),
        "",
        "x.y.z",
        "\x00",
        "a" * 100_000,
        issued.id_token + "." * 20_000,
    ):
        assert hints.read(text) is None
