"""Notes on references that are accepted without the effect that they suggest."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.notes.remarks import NEEDS_APPROVAL, remarks
from broker.descriptor.parse import parse_descriptor

PLATFORM_S = "is the platform's own, not defined by this application"


def noted(**parts: Any) -> list[str]:
    document = {"xsappname": "app", "scopes": [{"name": "$XSAPPNAME.Read"}]}
    parts = {key.replace("_", "-"): part for key, part in parts.items()}
    return list(remarks(parse_descriptor(document | parts)))


def test_authorities_that_only_users_have_are_noted() -> None:
    assert noted(authorities=["uaa.resource", "uaa.user", "$XSAPPNAME.Read"]) == [
        "authorities[1]: uaa.user has no effect: it is a scope of user tokens."
    ]


def test_an_own_authority_without_its_scope_is_noted() -> None:
    assert noted(authorities=["$XSAPPNAME.Read", "$XSAPPNAME.Write"]) == [
        "authorities[1]: $XSAPPNAME.Write has no effect until the scope is defined."
    ]


def test_platform_scopes_among_the_scopes_are_noted() -> None:
    scopes = [{"name": name} for name in ("$XSAPPNAME.a", "xs_user.read", "uaa.user")]
    assert noted(scopes=scopes) == [
        f"scopes[1]: xs_user.read {PLATFORM_S}.",
        f"scopes[2]: uaa.user {PLATFORM_S}.",
    ]


SPELLINGS = [
    "xs_user.read",
    "xsuaa.xs_user.read",
    "xsuaa!t1.xs_user.read",
    "$XSAPPNAME(application,xsuaa).xs_user.read",
    "$XSAPPNAME(application,zone,xsuaa).xs_user.read",
]


@pytest.mark.parametrize("text", [*SPELLINGS, "uaa.resource"])
def test_platform_scopes_in_templates_are_noted(text: str) -> None:
    """D-56."""
    references = ["$XSAPPNAME.Read", "uaa.user", text]
    assert noted(role_templates=[{"name": "T", "scope-references": references}]) == [
        f"role-templates[0].scope-references[2]: {text} {PLATFORM_S}; it has no effect here."
    ]


@pytest.mark.parametrize("text", SPELLINGS)
def test_they_are_noted_among_authorities(text: str) -> None:
    effect = f"{text} {PLATFORM_S}; it has no effect here."
    assert noted(authorities=[text]) == [f"authorities[0]: {effect}"]


@pytest.mark.parametrize("text", [*SPELLINGS[:-1], "$XSAPPNAME(application,xsuaa)"])
def test_the_need_of_an_approval_is_noted(text: str) -> None:
    """D-57."""
    assert noted(foreign_scope_references=["user_attributes", text]) == [
        f"foreign-scope-references[1]: {text} {NEEDS_APPROVAL}"
    ]


@pytest.mark.parametrize("text", [SPELLINGS[-1], "uaa.resource", "uaa.xs_user.read", "xs_other"])
def test_other_platform_scopes_among_foreign_scopes_are_noted(text: str) -> None:
    assert noted(foreign_scope_references=["user_attributes", text]) == [
        f"foreign-scope-references[1]: {text} {PLATFORM_S}; it has no effect here."
    ]


@pytest.mark.parametrize("key", ["granted-apps", "grant-as-authority-to-apps"])
def test_grants_to_an_application_of_the_platform_are_noted(key: str) -> None:
    text = "$XSAPPNAME(application,xsuaa)"
    assert noted(scopes=[{"name": "$XSAPPNAME.Read", key: ["$XSAPPNAME", text]}]) == [
        f"scopes[0].{key}[1]: {text} {PLATFORM_S}; it has no effect here."
    ]


def test_a_template_of_the_platform_in_a_collection_is_noted() -> None:
    text = "$XSAPPNAME(application,xsuaa).xsuaa_admin"
    collection = {"name": "C", "role-template-references": [text]}
    path = "role-collections[0].role-template-references[0]"
    assert noted(role_collections=[collection]) == [
        f"{path}: {text} {PLATFORM_S}; it has no effect here."
    ]


def test_other_reserved_names_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such an application may be older than the reservation of its name."""
    monkeypatch.setattr("broker.descriptor.notes.remarks.is_reserved", lambda name: name == "taken")
    authorities = ["$XSAPPNAME(application,b)", "$XSAPPNAME(application,taken)", "taken!t7.Read"]
    effect = "the reference has no effect unless an application already had it."
    assert noted(authorities=authorities) == [f"authorities[1]: taken is a reserved name; {effect}"]


def test_each_bare_name_is_noted_once_with_its_long_form() -> None:
    scope = {"name": "$XSAPPNAME.Read", "granted-apps": ["*", "b"]}
    scope["grant-as-authority-to-apps"] = ["b", "$XSSERVICENAME(c)", "d!t7"]
    authorities = ["b.Read", "$XSAPPNAME(application,e)", "f!t7.x"]
    read_as, clearer = "is read as $XSAPPNAME(application,", "the long form is clearer and not"
    assert noted(scopes=[scope], authorities=authorities) == [
        f"scopes[0].{place} {read_as}{name}) of the own space; {clearer} limited to the space."
        for place, name in (
            ("granted-apps[1]: b", "b"),
            ("grant-as-authority-to-apps[2]: d!t7", "d"),
        )
    ]


def test_grants_without_effect_are_noted() -> None:
    """I-123, I-124: accepted, as in descriptors of the original."""
    saml = "urn:ietf:params:oauth:grant-type:saml2-bearer"
    configuration = {"grant-types": ["password", "user_token", saml]}
    effect = "is deprecated and not supported; it has no effect."
    assert noted(oauth2_configuration=configuration) == [
        f"oauth2-configuration.grant-types[1]: user_token {effect}",
        f"oauth2-configuration.grant-types[2]: {saml} {effect}",
    ]
    assert noted() == []
