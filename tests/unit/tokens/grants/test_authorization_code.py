"""The exchange of authorization codes on a real database (I-110, I-111, TH-02, D-43)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from sqlalchemy import func, select

from broker.audit.event import Action
from broker.authentication.session import Sessions
from broker.credentials.opaque import Opaque
from broker.errors import GrantRefused, StoreUnavailable
from broker.store.repositories import Repositories
from broker.store.tables.core import audit_event, metadata
from broker.store.tables.tokens import revoked_token
from broker.store.tables.user_grants import refresh_family
from broker.tokens.authorization_code import challenge_of
from tests.support.application import token_claims
from tests.support.domain import Domain
from tests.support.user_grants import ADDRESS, REDIRECT, UserGrants, a_descriptor
from tests.support.users import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.databases import RecycledFile

INVALID = ("invalid_grant", "Invalid authorization code", False)
VERIFIER = "v" * 43
CHALLENGE = challenge_of(VERIFIER)


@pytest.fixture
def grants(recycled_file: RecycledFile) -> Iterator[UserGrants]:
    """The grants on one kind of database: what differs is in the tests of the stores."""
    domain = Domain(recycled_file.restored())
    yield UserGrants(domain)
    domain.close()


def refusal(work: Callable[[], object]) -> tuple[str, str, bool]:
    with pytest.raises(GrantRefused) as refused:
        work()
    return refused.value.code, str(refused.value), refused.value.is_unauthorized


def column(grants: UserGrants, each: Any, *where: Any) -> list[Any]:
    with grants.domain.engine.connect() as connection:
        return list(connection.execute(select(each).where(*where)).scalars())


def test_a_code_gives_the_tokens_of_its_logon(grants: UserGrants) -> None:
    """I-110."""
    text = grants.code(code_challenge=CHALLENGE, nonce="n-1")
    grants.domain.clock.advance(minutes=4)
    issued = grants.exchange(text, code_verifier=VERIFIER)
    claims = token_claims(issued.access_token)
    assert (claims["grant_type"], claims["scope"]) == ("authorization_code", list(grants.scopes))
    assert claims["auth_time"] == int(NOW.timestamp())
    [family] = column(grants, refresh_family.c.id)
    assert int(claims["rev_sig"].split(".")[2], 16) == family
    assert issued.id_token is not None
    id_claims = jwt.decode(issued.id_token, options={"verify_signature": False})
    assert (id_claims["nonce"], id_claims["amr"]) == ("n-1", ["pwd"])
    assert issued.refresh_token is not None
    assert grants.refresh(issued.refresh_token).scopes == grants.scopes


def test_the_session_is_the_source_without_a_refresh_token(grants: UserGrants) -> None:
    """D-44: a client without that grant."""
    assert grants.user.is_active
    changed = {"oauth2-configuration": {"grant-types": ["authorization_code"]}}
    grants.domain.update("app", a_descriptor("app") | changed)
    found = grants.domain.bind("app", "another")
    client = grants.domain.authenticator.authenticate(found["clientid"], found["clientsecret"])
    user, domain = grants.user, grants.domain
    of = Sessions(domain.transactions, domain.clock)
    _, session = domain.transactions.run(lambda store: of.begin(store, user, ("pwd",)))
    text = grants.code(client, session_row_id=session.row_id)
    issued = grants.exchange_as(client, {"code": text, "redirect_uri": REDIRECT})
    assert issued.refresh_token is None
    assert token_claims(issued.access_token)["rev_sig"].endswith(f".{session.row_id:x}")


def test_the_code_is_required(grants: UserGrants) -> None:
    """O-37."""
    text = "An authorization code must be supplied."
    assert refusal(lambda: grants.exchange(None)) == ("invalid_request", text, False)


@pytest.mark.parametrize("text", ["x", "x" * 10**6, "0" * 24 + "." + "a" * 43, "\n"])
def test_an_unknown_code_is_not_echoed(grants: UserGrants, text: str) -> None:
    """O-37."""
    assert refusal(lambda: grants.exchange(text)) == INVALID


def test_a_code_expires(grants: UserGrants) -> None:
    text = grants.code()
    grants.domain.clock.advance(minutes=5)
    assert refusal(lambda: grants.exchange(text)) == INVALID


def test_a_wrong_request_neither_uses_nor_revokes_the_code(grants: UserGrants) -> None:
    """O-38, O-38a, O-39, TH-02, D-43: a stolen code, before and after its use."""
    other = grants.another_client("other")
    elsewhere = grants.another_client("elsewhere", "other-org")
    text = grants.code(code_challenge=CHALLENGE)
    right = {"code": text, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}

    def wrong_requests() -> None:
        for client, parameters, expected in (
            (other, right, ("invalid_client", "Client ID mismatch", False)),
            (elsewhere, right, INVALID),
            (
                grants.client,
                right | {"redirect_uri": REDIRECT + "/"},
                ("invalid_grant", "Redirect URI mismatch.", False),
            ),
            (
                grants.client,
                {"code": text, "code_verifier": VERIFIER},
                ("invalid_grant", "Redirect URI mismatch.", False),
            ),
            (
                grants.client,
                right | {"code_verifier": "w" * 43},
                ("invalid_grant", "Invalid code verifier", False),
            ),
        ):
            refused = refusal(
                lambda client=client, sent=parameters: grants.exchange_as(client, sent)  # type: ignore[misc]
            )
            assert refused == expected

    wrong_requests()
    issued = grants.exchange_as(grants.client, right)
    wrong_requests()
    assert issued.refresh_token is not None
    assert grants.refresh(issued.refresh_token).refresh_token == issued.refresh_token
    assert column(grants, revoked_token.c.token_id) == []


def test_a_redirect_uri_is_absent_if_it_was_absent(grants: UserGrants) -> None:
    """I-110."""
    text = grants.code(redirect_uri=None)
    assert refusal(lambda: grants.exchange(text))[1] == "Redirect URI mismatch."
    assert grants.exchange_as(grants.client, {"code": text}).refresh_token


def test_a_verifier_without_a_challenge_is_refused(grants: UserGrants) -> None:
    """TH-02: the challenge was removed from the authorize request."""
    text = grants.code()
    refused = refusal(lambda: grants.exchange(text, code_verifier=VERIFIER))
    assert refused[1] == "PKCE error: Code verifier not required for this authorization code."
    assert grants.exchange(text).refresh_token


def test_a_second_use_revokes_what_the_first_gave(grants: UserGrants) -> None:
    """I-111, RFC 6749 section 4.1.2; audited once."""
    text = grants.code()
    issued = grants.exchange(text)
    grants.domain.clock.advance(minutes=6)
    for _ in range(2):
        assert refusal(lambda: grants.exchange(text)) == INVALID
    assert column(grants, refresh_family.c.id) == []
    assert column(grants, revoked_token.c.token_id) == [issued.token_id]
    revocations = column(
        grants, audit_event.c.details, audit_event.c.action == Action.REVOKE_TOKENS
    )
    assert len(revocations) == 1
    assert issued.token_id in revocations[0]
    assert ADDRESS in revocations[0]


def test_a_failure_leaves_the_code_usable(
    grants: UserGrants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-111, D-43: the application router repeats the request with the same code."""
    text = grants.code()
    transactions = type(grants.domain.transactions)

    def failing(_: Any, work: Any) -> Any:
        with grants.domain.engine.connect() as connection:
            work(Repositories(connection, grants.domain.keys))
        raise StoreUnavailable("The database cannot be used at the moment.")

    with monkeypatch.context() as patch:
        patch.setattr(transactions, "run", failing)
        with pytest.raises(StoreUnavailable):
            grants.exchange(text)
    assert column(grants, refresh_family.c.id) == []
    assert grants.exchange(text).refresh_token


def test_ended_logons_give_no_token(grants: UserGrants) -> None:
    """D-59, I-09: by the user's epoch, and an inactive user."""
    text = grants.code()
    grants.end_all()
    assert refusal(lambda: grants.exchange(text)) == INVALID
    grants.change_user(token_epoch=grants.user.token_epoch, is_active=False)
    assert refusal(lambda: grants.exchange(text))[0::2] == ("invalid_token", True)


def test_the_rights_are_those_at_the_exchange(grants: UserGrants) -> None:
    """I-130: limited by the authorize request."""
    text = grants.code()
    grants.withdraw_roles()
    assert grants.exchange(text).scopes == ("openid",)


def test_a_code_that_ended_meanwhile_gives_nothing(grants: UserGrants) -> None:
    """The transaction decides, not the look-up before it."""
    text = grants.code()
    value = Opaque.parse(text)
    assert value is not None
    settings_of = grants.of

    def ended_meanwhile(client: Any) -> Any:
        grants.domain.transactions.run(
            lambda store: store.authorization_codes.end_of(
                grants.user.row_id, grants.client.client.row_id
            )
        )
        return settings_of(client)

    grants.of = ended_meanwhile  # type: ignore[method-assign]
    assert refusal(lambda: grants.exchange(text)) == INVALID
    assert column(grants, refresh_family.c.id) == []


def test_refused_requests_write_nothing(grants: UserGrants) -> None:
    """TH-21: neither rows nor audit events."""
    texts = ("x", str(Opaque.new()), grants.code(redirect_uri=None), grants.started().refresh_token)
    before = sizes(grants)
    for text in texts * 5:
        refusal(lambda text=text: grants.exchange(text))  # type: ignore[misc]
        refusal(lambda text=text: grants.refresh(text[:-1]))  # type: ignore[misc]
    assert sizes(grants) == before


def sizes(grants: UserGrants) -> dict[str, int]:
    with grants.domain.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
