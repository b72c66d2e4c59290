"""Claims become attributes, groups and names (I-41 to I-43)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import GrantRefused
from broker.identity.logon import ProviderIdentity
from broker.identity.providers.configuration import ProviderConfiguration, parse_configuration
from broker.identity.providers.mapping import identity_of, matches

VALID = {"issuer": "https://idp.example.org", "relyingPartyId": "app"}


def configured(mappings: dict[str, Any] | None = None, **members: Any) -> ProviderConfiguration:
    return parse_configuration({**VALID, "attributeMappings": mappings or {}, **members})


def mapped(claims: dict[str, Any], configuration: ProviderConfiguration) -> ProviderIdentity:
    return identity_of(configuration, {"sub": "s-1", **claims})


def test_the_claims_of_openid_connect_need_no_mapping() -> None:
    claims = {
        "email": "anna@example.org",
        "email_verified": True,
        "given_name": "Anna",
        "family_name": "Berg",
        "phone_number": "+49",
        "groups": ["a", "b", "a"],
        "country": "DE",
    }
    assert mapped(claims, configured()) == ProviderIdentity(
        sub="s-1",
        name="s-1",
        email="anna@example.org",
        email_verified=True,
        given_name="Anna",
        family_name="Berg",
        phone="+49",
        groups=("a", "b"),
    )


def test_mapped_claims() -> None:
    configuration = configured(
        {
            "user_name": "mail",
            "user.attribute.Country": ["country", "country2"],
            "user.attribute.Level": "level",
            "user.attribute.None": "absent",
            "user.attribute.groups": ["roles", "more"],
            "external_groups": "memberOf",
            "user_uuid": "uid",
        }
    )
    claims = {
        "mail": ["anna@example.org"],
        "country": "DE",
        "country2": ["FR", "DE", {"nested": 1}, True],
        "level": 3,
        "roles": "a, b,,a",
        "more": ["c", ["d"]],
        "memberOf": "e",
        "groups": ["not mapped"],
        "uid": 7,
    }
    found = mapped(claims, configuration)
    assert (found.name, found.user_uuid) == ("anna@example.org", "7")
    groups = ("a", "b", "c", "e")
    assert found.groups == groups
    # I-42: role mappings may name the groups' claims, too.
    of_claims = dict.fromkeys(("roles", "more", "memberOf"), groups)
    assert found.attributes == {"Country": ("DE", "FR", "true"), "Level": ("3",)} | of_claims


@pytest.mark.parametrize("claim", ["email", "given_name", "email_verified", "locale"])
def test_a_single_value_that_arrives_several_times_is_ambiguous(claim: str) -> None:
    """I-41."""
    with pytest.raises(GrantRefused, match=f"several values of {claim}: it is ambiguous") as error:
        mapped({claim: ["a", "b"]}, configured({"locale": "locale"}))
    assert (error.value.code, error.value.is_unauthorized) == ("access_denied", True)


@pytest.mark.parametrize(
    ("claims", "missing"),
    [({"sub": None}, "sub"), ({"sub": ""}, "sub"), ({"mail": {}}, "user_name"), ({}, "user_name")],
)
def test_sub_and_user_name_are_required(claims: dict[str, Any], missing: str) -> None:
    with pytest.raises(GrantRefused, match=f"sent no {missing}"):
        mapped(claims, configured({"user_name": "mail"}))


def test_only_listed_groups_are_kept() -> None:
    """I-43."""
    configuration = configured(externalGroupsWhitelist=["app_*", "exact"])
    groups = ["app_read", "other", "exact", "exactly", "App_x"]
    assert mapped({"groups": groups}, configuration).groups == ("app_read", "exact")


def test_groups_that_the_provider_left_out_are_known() -> None:
    """I-43: Entra ID sends a reference instead of more than 200 groups."""
    for names, expected in (
        ({"groups": "src1"}, True),
        ({"other": "src1"}, False),
        ("groups", False),
    ):
        identity = identity_of(configured(), {"sub": "s", "_claim_names": names})
        assert identity.omits_groups is expected


def test_a_provider_may_keep_neither_attributes_nor_groups() -> None:
    configuration = configured({"user.attribute.c": "c"}, storeCustomAttributes=False)
    found = mapped({"c": "x", "groups": ["a"]}, configuration)
    assert (found.groups, found.attributes) == ((), {})


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("a*", "a", True),
        ("a*b", "ab", True),
        ("a*b", "a", False),
        ("ab*b", "ab", False),
        ("a*b*c", "axxbyyc", True),
        ("a*b*c", "axxcyyb", False),
        ("*x*", "axb", True),
        ("a", "ab", False),
        ("a*a*a*a*a*b", "a" * 255, False),
    ],
)
def test_a_star_is_any_text(pattern: str, text: str, *, expected: bool) -> None:
    assert matches(pattern, text) is expected
