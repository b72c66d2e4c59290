"""The claims of ``/userinfo`` (I-104, O-115)."""

from __future__ import annotations

from broker.identity.user import Snapshot
from broker.tokens.user_info import user_info
from tests.support.instances import START
from tests.support.users import a_user

SNAPSHOT = Snapshot(("Sales",), {"country": ("DE", "FR")}, START)


def test_what_is_unknown_is_left_out() -> None:
    """I-06: no invented e-mail and no invented names."""
    user = a_user()
    assert user_info(user, ("openid",)) == {
        "sub": user.user_id,
        "user_id": user.user_id,
        "user_name": "anna",
    }


def test_the_claims_of_a_complete_user() -> None:
    user = a_user(
        email="anna@example.org",
        email_verified=True,
        given_name="Anna",
        family_name="Example",
        phone="1",
        previous_logon_at=START,
        snapshot=SNAPSHOT,
    )
    assert user_info(user, ("openid",)) == {
        "sub": user.user_id,
        "user_id": user.user_id,
        "user_name": "anna",
        "given_name": "Anna",
        "family_name": "Example",
        "name": "Anna Example",
        "email": "anna@example.org",
        "email_verified": True,
        "phone_number": "1",
        "previous_logon_time": START.timestamp() * 1000,
    }


def test_a_single_name_is_the_whole_name() -> None:
    assert user_info(a_user(family_name="Example"), ("openid",))["name"] == "Example"


def test_groups_and_attributes_need_their_scopes() -> None:
    user = a_user(snapshot=SNAPSHOT)
    found = user_info(user, ("openid", "roles", "user_attributes"))
    assert (found["roles"], found["user_attributes"]) == (["Sales"], {"country": ("DE", "FR")})
    of_local_user = user_info(a_user(), ("openid", "roles", "user_attributes"))
    assert (of_local_user["roles"], of_local_user["user_attributes"]) == ([], {})
