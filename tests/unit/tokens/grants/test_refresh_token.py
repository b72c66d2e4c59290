"""The refresh-token grant on a real database (I-112 to I-115, TH-18, TH-24, D-59)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select

from broker.audit.event import Action
from broker.errors import GrantRefused
from broker.identity.user import Snapshot
from broker.ids import new_row_id
from broker.store.tables.core import audit_event
from broker.store.tables.identity import identity_provider, shadow_user
from broker.store.tables.user_grants import refresh_family, refresh_token
from tests.support.application import token_claims
from tests.support.domain import Domain
from tests.support.user_grants import ADDRESS, WEEK, UserGrants
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.databases import RecycledFile

UNKNOWN = "The token expired, was revoked, or the token ID is incorrect."
ROTATING = {"rotates_refresh_tokens": True}
GRACE = timedelta(seconds=60)


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


def rows(grants: UserGrants, table: Any, *where: Any) -> int:
    with grants.domain.engine.connect() as connection:
        query = select(func.count()).select_from(table).where(*where)
        return int(connection.execute(query).scalar_one())


def test_a_refresh_continues_the_logon(grants: UserGrants) -> None:
    """I-112, I-106: with the logon, grant type and rights; the same refresh token (O-66)."""
    started = grants.started()
    grants.domain.clock.advance(hours=1)
    issued = grants.refresh(started.refresh_token)
    claims = token_claims(issued.access_token)
    assert issued.refresh_token == started.refresh_token
    assert issued.id_token is not None
    assert (claims["scope"], claims["grant_type"]) == (list(grants.scopes), "password")
    assert claims["auth_time"] == int(NOW.timestamp())
    assert claims["user_id"] == grants.user.user_id
    # The token that is exchanged for it ends with the family (D-44).
    assert int(claims["rev_sig"].split(".")[2], 16) == started.family_row_id
    with grants.domain.engine.connect() as connection:
        used = connection.execute(select(refresh_family.c.last_used_at)).scalar_one()
    assert used == grants.domain.clock.now()


def test_another_credential_of_the_client_may_refresh(grants: UserGrants) -> None:
    """I-114, D-59: an unbinding ends no refresh token."""
    text = grants.started().refresh_token
    found = grants.domain.bind("app", "another")
    grants.domain.unbind("app", "app-binding")
    another = grants.domain.authenticator.authenticate(found["clientid"], found["clientsecret"])
    assert grants.refresh_as(another, text).refresh_token == text


def test_the_parameter_is_required(grants: UserGrants) -> None:
    """O-40."""
    assert refusal(lambda: grants.refresh(None)) == (
        "invalid_request",
        "refresh_token parameter not provided",
        False,
    )


@pytest.mark.parametrize("text", ["x", "x" * 10**6, "0" * 24 + "." + "a" * 43, "\n"])
def test_an_unknown_token_is_refused(grants: UserGrants, text: str) -> None:
    """O-41."""
    assert refusal(lambda: grants.refresh(text)) == ("invalid_token", UNKNOWN, True)


def test_a_stolen_token_is_useless_to_other_clients(grants: UserGrants) -> None:
    """O-42, TH-18: it is refused, and stays valid for its own client."""
    text = grants.started().refresh_token
    other = grants.another_client("other")
    assert refusal(lambda: grants.refresh_as(other, text)) == (
        "invalid_grant",
        f"Wrong client for this refresh token: {other.client.client_id}",
        False,
    )
    elsewhere = grants.another_client("elsewhere", "other-org")
    unknown = refusal(lambda: grants.refresh_as(elsewhere, text))
    assert unknown == ("invalid_token", UNKNOWN, True)
    assert grants.refresh(text).refresh_token == text


def test_the_end_is_absolute(grants: UserGrants) -> None:
    """I-114: refreshing does not extend it."""
    text = grants.started().refresh_token
    grants.domain.clock.advance(seconds=WEEK - 1)
    assert grants.refresh(text).refresh_token == text
    grants.domain.clock.advance(seconds=1)
    assert refusal(lambda: grants.refresh(text)) == ("invalid_token", UNKNOWN, True)


def test_sessions_of_a_user_end_its_refresh_tokens(grants: UserGrants) -> None:
    """D-59, I-09: the token epoch."""
    text = grants.started().refresh_token
    grants.end_all()
    assert refusal(lambda: grants.refresh(text)) == ("invalid_token", UNKNOWN, True)


def test_an_inactive_user_is_refused(grants: UserGrants) -> None:
    """I-09, TH-24."""
    text = grants.started().refresh_token
    grants.change_user(is_active=False)
    assert refusal(lambda: grants.refresh(text))[0::2] == ("invalid_token", True)


def a_provider_user(grants: UserGrants, snapshot_age: timedelta = timedelta()) -> str:
    zone = grants.client.client.zone
    values = {
        "id": new_row_id(),
        "zone_row_id": zone.row_id,
        "origin": "corporate",
        "type": "oidc1.0",
        "name": "Corporate",
        "is_active": True,
        "configuration": "{}",
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    with grants.domain.engine.begin() as connection:
        connection.execute(insert(identity_provider).values(values))
    snapshot = Snapshot((), {}, NOW - snapshot_age)
    user = stored_user(grants.domain, zone, "berta", origin="corporate", snapshot=snapshot)
    return grants.started(logon=grants.logon(user)).refresh_token


def test_an_inactive_provider_is_refused(grants: UserGrants) -> None:
    """I-45, TH-24."""
    text = a_provider_user(grants)
    assert grants.refresh(text).refresh_token == text
    with grants.domain.engine.begin() as connection:
        connection.execute(identity_provider.update().values(is_active=False))
    assert refusal(lambda: grants.refresh(text))[0::2] == ("invalid_token", True)


def test_an_outdated_snapshot_is_refused(grants: UserGrants) -> None:
    """I-08: the user has to log on at the provider again."""
    text = a_provider_user(grants, timedelta(days=6))
    assert grants.refresh(text).refresh_token == text
    grants.domain.clock.advance(days=1, seconds=1)
    assert refusal(lambda: grants.refresh(text)) == ("invalid_token", UNKNOWN, True)


def test_a_client_must_allow_the_provider(grants: UserGrants) -> None:
    """I-48."""
    text = grants.started().refresh_token
    grants.changes = {"allowed_providers": ("corporate",)}
    assert refusal(lambda: grants.refresh(text))[0::2] == ("unauthorized", True)


def test_a_withdrawn_role_is_gone_at_the_next_refresh(grants: UserGrants) -> None:
    """I-113, TH-24."""
    text = grants.started().refresh_token
    grants.withdraw_roles()
    assert grants.refresh(text).scopes == ("openid",)
    only_read = refusal(lambda: grants.refresh(text, scope=grants.scopes[0]))
    assert only_read[0] == "invalid_scope"  # O-47


def test_a_new_role_appears_after_a_new_logon_only(grants: UserGrants) -> None:
    """I-113, RFC 6749 section 6."""
    original = grants.scopes
    text = grants.started().refresh_token
    with grants.domain.engine.begin() as connection:
        connection.execute(refresh_family.update().values(scopes="openid"))
    assert grants.refresh(text).scopes == ("openid",)
    assert set(original) > {"openid"}


def test_a_refresh_narrows_and_never_widens_the_scope(grants: UserGrants) -> None:
    """O-43; the next refresh has the original scopes again."""
    text = grants.started().refresh_token
    assert grants.refresh(text, scope="openid").scopes == ("openid",)
    assert grants.refresh(text).scopes == grants.scopes
    assert refusal(lambda: grants.refresh(text, scope='openid uaa.user,"x')) == (
        "invalid_scope",
        "Unable to narrow the scope of the client authentication to [openid uaa.user ?x].",
        False,
    )


def test_a_replaced_token_gives_the_same_successor(grants: UserGrants) -> None:
    """I-115: instances of an application share a session store, and requests are repeated."""
    grants.changes = ROTATING
    first = grants.started().refresh_token
    second = grants.refresh(first).refresh_token
    assert second != first
    grants.domain.clock.advance(seconds=60)
    assert grants.refresh(first).refresh_token == second
    assert second is not None
    third = grants.refresh(second).refresh_token
    assert third not in {first, second}
    assert rows(grants, refresh_token) == 3


def test_a_replaced_token_used_again_ends_the_family(grants: UserGrants) -> None:
    """I-115, TH-18: whichever of two holders uses it later; it is audited once."""
    grants.changes = ROTATING
    first = grants.started().refresh_token
    second = grants.refresh(first).refresh_token
    grants.domain.clock.advance(seconds=61)
    for text in (first, first, second):
        refused = refusal(lambda text=text: grants.refresh(text))  # type: ignore[misc]
        assert refused == ("invalid_token", UNKNOWN, True)
    assert rows(grants, refresh_family) == 0
    with grants.domain.engine.connect() as connection:
        query = select(audit_event.c.details).where(audit_event.c.action == Action.REVOKE_TOKENS)
        [details] = connection.execute(query).scalars()
    assert ADDRESS in details
    assert grants.user.user_id in details


def test_a_token_replaced_before_rotation_ended_has_its_successor(grants: UserGrants) -> None:
    grants.changes = ROTATING
    first = grants.started().refresh_token
    second = grants.refresh(first).refresh_token
    grants.changes = {}
    assert grants.refresh(first).refresh_token == second
    assert second is not None
    assert grants.refresh(second).refresh_token == second


def test_only_the_newest_family_is_valid(grants: UserGrants) -> None:
    """I-115: also of families that existed before the zone required it."""
    first = grants.started().refresh_token
    grants.domain.clock.advance(seconds=1)
    second = grants.started().refresh_token
    grants.changes = {"has_one_refresh_token": True}
    assert refusal(lambda: grants.refresh(first)) == ("invalid_token", UNKNOWN, True)
    assert grants.refresh(second).refresh_token == second
    third = grants.started().refresh_token
    assert rows(grants, refresh_family) == 1
    assert grants.refresh(third).refresh_token == third


def test_an_exchange_at_the_same_client_keeps_its_source(grants: UserGrants) -> None:
    """I-115, D-44: the newest one is valid, and its source not ended but refused."""
    grants.changes = {"has_one_refresh_token": True}
    first = grants.started()
    grants.domain.clock.advance(seconds=1)
    second = grants.started(grant_type="jwt-bearer", source=first.family_row_id).refresh_token
    assert grants.refresh(second).refresh_token == second
    assert refusal(lambda: grants.refresh(first.refresh_token))[1] == UNKNOWN


def test_a_family_that_ended_meanwhile_gives_nothing(grants: UserGrants) -> None:
    """The transaction decides, not the look-up before it."""
    text = grants.started().refresh_token
    settings_of = grants.of

    def ended_meanwhile(client: Any) -> Any:
        with grants.domain.engine.begin() as connection:
            connection.execute(refresh_family.delete())
        return settings_of(client)

    grants.of = ended_meanwhile  # type: ignore[method-assign]
    assert refusal(lambda: grants.refresh(text)) == ("invalid_token", UNKNOWN, True)


def test_a_deleted_user_has_no_refresh_token(grants: UserGrants) -> None:
    """I-10."""
    text = grants.started().refresh_token
    with grants.domain.engine.begin() as connection:
        connection.execute(shadow_user.delete())
    assert refusal(lambda: grants.refresh(text)) == ("invalid_token", UNKNOWN, True)
