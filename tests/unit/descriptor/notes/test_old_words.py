"""Old words are read in today's spelling, each with a note."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.notes.old_words import modernised
from broker.descriptor.parse import parse_with_notes
from broker.errors import InvalidRequest

APP: dict[str, Any] = {"xsappname": "app", "scopes": [{"name": "$XSAPPNAME.Show"}]}


def of_template(**parts: Any) -> dict[str, Any]:
    return {**APP, "role-templates": [{"name": "T", **parts}]}


def test_camel_case_keys_of_templates_are_read_with_a_note() -> None:
    document = {
        **of_template(scopeReferences=["$XSAPPNAME.Show"], attributeReferences=["a"]),
        "attributes": [{"name": "a"}],
    }
    descriptor, notes = parse_with_notes(document)
    [template] = descriptor.role_templates
    assert template.scope_references == ["$XSAPPNAME.Show"]
    assert [each.name for each in template.attribute_references] == ["a"]
    assert notes == [
        "role-templates[0].scopeReferences is read as scope-references, today's spelling.",
        "role-templates[0].attributeReferences is read as attribute-references, today's spelling.",
    ]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("scopeReferences", "scope-references"),
        ("attributeReferences", "attribute-references"),
        (" scopeReferences", "scope-references "),
    ],
)
def test_both_spellings_at_once_are_refused(old: str, today: str, order: int) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_with_notes(of_template(**{key: [] for key in [old, today][::order]}))
    [violation] = refused.value.violations
    assert violation.path == f"role-templates[0].{old.strip()}"
    assert today.strip() in violation.found


@pytest.mark.parametrize(
    "key", ["appId", "attributeReferencesFromNames", "roleTemplates", "defaultRoleName"]
)
def test_other_camel_case_keys_stay_unknown(key: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{key}: unknown key"):
        parse_with_notes(of_template(**{key: []}))


@pytest.mark.parametrize(
    "document",
    [
        {**APP, "scopeReferences": []},
        {**APP, "scopes": [{"name": "$XSAPPNAME.a", "scopeReferences": []}]},
    ],
)
def test_camel_case_keys_elsewhere_stay_unknown(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="scopeReferences: unknown key"):
        parse_with_notes(document)


def test_a_dollar_before_a_scope_of_the_platform_is_dropped_with_a_note() -> None:
    descriptor, notes = parse_with_notes(
        {
            "xsappname": "app",
            "scopes": [{"name": "$uaa.user"}],
            "role-templates": [{"name": "T", "scope-references": ["$uaa.user"]}],
            "authorities": ["$uaa.resource"],
            "foreign-scope-references": ["$user_attributes"],
        }
    )
    assert [scope.name for scope in descriptor.scopes] == ["uaa.user"]
    assert descriptor.role_templates[0].scope_references == ["uaa.user"]
    assert descriptor.authorities == ["uaa.resource"]
    assert descriptor.foreign_scope_references == ["user_attributes"]
    assert [note for note in notes if "today's spelling" in note] == [
        "role-templates[0].scope-references[0]: $uaa.user is read as uaa.user, today's spelling.",
        "scopes[0].name: $uaa.user is read as uaa.user, today's spelling.",
        "authorities[0]: $uaa.resource is read as uaa.resource, today's spelling.",
        (
            "foreign-scope-references[0]: $user_attributes is read as user_attributes, today's"
            " spelling."
        ),
    ]


def test_the_grant_type_client_x509_is_kept_with_a_note() -> None:
    configuration = {"grant-types": ["password", "client_x509"]}
    descriptor, notes = parse_with_notes(
        {"xsappname": "app", "oauth2-configuration": configuration}
    )
    assert descriptor.grant_types == ("password", "client_x509")
    assert notes == [
        (
            "oauth2-configuration.grant-types[1]: client_x509 allows client_credentials with a"
            " certificate only, which requires x509 among credential-types; today's spelling is"
            " client_credentials with"
            ' "credential-types": ["x509"].'
        )
    ]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"role-templates": None, "scopes": "x", "authorities": 1, "oauth2-configuration": []},
        {"role-templates": [None, 1, {"scope-references": {"a": 1}}], "scopes": [[], {"name": []}]},
        {"authorities": [None, {"a": "$uaa.user"}, "$other", "$uaa.admin", ""]},
        {"oauth2-configuration": {"grant-types": "client_x509"}},
        {"oauth2-configuration": {"grant-types": [["client_x509"], None]}},
    ],
)
def test_other_values_stay_as_they_are(document: dict[str, Any]) -> None:
    notes: list[str] = []
    assert modernised(document, notes) == document
    assert notes == []
