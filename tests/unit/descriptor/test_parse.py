"""xs-security.json: valid documents, and the report of each violated rule (D-11, D-29)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from broker.descriptor.model import CredentialType
from broker.descriptor.parse import parse_binding_parameters, parse_descriptor, parse_with_notes
from broker.errors import InvalidRequest

NAME = {"xsappname": "app"}
TYPES = "oauth2-configuration.credential-types"


def types(value: object) -> dict[str, Any]:
    return {**NAME, "oauth2-configuration": {"credential-types": value}}


def test_a_name_is_all_a_descriptor_needs() -> None:
    descriptor = parse_descriptor(NAME)
    assert descriptor.xsappname == "app"
    assert descriptor.credential_types is None
    assert descriptor.tenant_mode == "dedicated"


def test_credential_types_keep_their_order_and_lose_duplicates() -> None:
    descriptor = parse_descriptor(types(["x509", "binding-secret", "x509"]))
    assert descriptor.credential_types == (CredentialType.X509, CredentialType.BINDING_SECRET)


def test_booleans_and_integers_may_arrive_as_text() -> None:
    descriptor = parse_descriptor(
        {
            **NAME,
            "attributes": [{"name": "Country", "valueRequired": "false"}],
            "oauth2-configuration": {"token-validity": "900", "autoapprove": "true"},
        }
    )
    assert descriptor.attributes[0].value_required is False
    assert descriptor.oauth2_configuration.token_validity == 900
    assert descriptor.oauth2_configuration.autoapprove is True


def test_attribute_references_have_two_forms() -> None:
    template = {
        "name": "Viewer",
        "attribute-references": ["a", {"name": "b", "default-values": ["x"]}],
    }
    attributes = [{"name": "a"}, {"name": "b"}]
    document = {**NAME, "attributes": attributes, "role-templates": [template]}
    [parsed] = parse_descriptor(document).role_templates
    assert [reference.name for reference in parsed.attribute_references] == ["a", "b"]
    assert parsed.attribute_references[1].default_values == ["x"]


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        ({}, "xsappname", ["xsappname is missing"]),
        ({"xsappname": None}, "xsappname", ["xsappname is missing"]),
        ({"xsappname": 7}, "xsappname", ["7", "a string"]),
        ({"xsappname": "my.app"}, "xsappname", ['Invalid xsappname "my.app"', "'a'-'z'"]),
        ({"xsappname": "x" * 101}, "xsappname", ["1 to 100 characters"]),
        ({"xsappname": ""}, "xsappname", ["Invalid xsappname"]),
        (types(["foo"]), f"{TYPES}[0]", ['"foo"', "instance-secret, binding-secret, x509"]),
        (types([]), TYPES, ["empty list", "at least one"]),
        (types("x509"), TYPES, ['"x509"', "a list"]),
        (types(None), TYPES, ["null"]),
        (
            {**NAME, "oauth2-configuration": {"credential-type": ["x509"]}},
            "oauth2-configuration.credential-type",
            ["unknown key", f"allowed: {TYPES} in the descriptor, or credential-type in the param"],
        ),
        (
            {**NAME, "Credential-Type": "x509"},
            "Credential-Type",
            ["unknown key", f"allowed: {TYPES} in the descriptor, or credential-type in the param"],
        ),
        ({**NAME, "Scopes": []}, "Scopes", ['did you mean "scopes"?']),
        ({"XSAPPNAME": "app"}, "XSAPPNAME", ['did you mean "xsappname"?']),
        (
            {**NAME, "oauth2-Configuration": {}},
            "oauth2-Configuration",
            ['did you mean "oauth2-configuration"?'],
        ),
        (
            {**NAME, "redirect-uris": []},
            "redirect-uris",
            ['did you mean "oauth2-configuration.redirect-uris"?'],
        ),
        ({**NAME, "scope": []}, "scope", ["unknown key", 'did you mean "scopes"?']),
        ({**NAME, "scopes": {}}, "scopes", ["an object", "a list"]),
        ({**NAME, "scopes": [{}]}, "scopes[0].name", ["scopes[0].name is missing"]),
        ({**NAME, "scopes": ["x"]}, "scopes[0]", ['"x"', "an object"]),
        ({**NAME, "tenant-mode": "none"}, "tenant-mode", ["dedicated, shared, external"]),
        (
            {**NAME, "oauth2-configuration": {"token-validity": 59}},
            "oauth2-configuration.token-validity",
            [": 59 seconds; at least 60 seconds"],
        ),
        ({**NAME, "description": "x" * 1001}, "description", ["1001 characters", "at most 1000"]),
        ({**NAME, "attributes": [{"name": "a"}] * 51}, "attributes", ["51 entries", "at most 50"]),
    ],
)
def test_a_broken_rule_names_its_path_what_was_found_and_what_is_allowed(
    document: dict[str, Any], path: str, words: list[str]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_descriptor(document)
    [violation] = caught.value.violations
    assert violation.path == path
    for word in words:
        assert word in str(violation)
    assert "Error parsing xs-security.json data" in str(caught.value)


@pytest.mark.parametrize("name", ["other.Read", "xs", "xs_ user", "$openid.x"])
def test_no_descriptor_defines_a_scope_outside_its_own_prefix(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"scopes\[0\]\.name"):
        parse_descriptor({**NAME, "scopes": [{"name": name}]})


def test_all_broken_rules_come_at_once() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_descriptor({"xsappname": "a b", "tenant-mode": 1, "extra": True})
    assert {violation.path for violation in caught.value.violations} == {
        "xsappname",
        "tenant-mode",
        "extra",
    }


def test_errors_of_form_and_of_consistency_come_at_once() -> None:
    """A broken entry neither hides later errors nor shifts their index."""
    with pytest.raises(InvalidRequest) as caught:
        parse_descriptor(
            {
                "xsappname": "a b",
                "scopes": [{"name": "wrong"}, {"name": "$XSAPPNAME.a"}, {"name": "$XSAPPNAME.a"}],
                "attributes": [{"name": "c", "valueType": "boolean"}],
                "role-templates": [
                    {"name": "T", "scope-references": ["$XSAPPNAME.wrong", "?"]},
                    {"name": "T"},
                ],
                "role-collections": [{"name": "C"}],
                "authorities": [1, "?"],
                "oauth2-configuration": {"token-validity": 1, "redirect-uris": ["ftp://a.b"]},
            }
        )
    assert [violation.path for violation in caught.value.violations] == [
        "xsappname",
        "scopes[0].name",
        "attributes[0].valueType",
        "role-collections[0].role-template-references",
        "authorities[0]",
        "oauth2-configuration.token-validity",
        "scopes[2].name",
        "role-templates[1].name",
        "role-templates[0].scope-references[1]",
        "authorities[1]",
        "oauth2-configuration.redirect-uris[0]",
    ]


UNKNOWN_AND_UNDEFINED = {
    **NAME,
    "unknown": 1,
    "scopes": [{"name": "$XSAPPNAME.a", "description": 7, "granted-apps": [None, "?"]}],
    "attributes": [{"name": "c", "valueRequired": "maybe"}],
    "role-templates": [
        {
            "name": "T",
            "nmae": "T",
            "scope-references": ["$XSAPPNAME.a", "$XSAPPNAME.b"],
            "attribute-references": ["c", "d"],
        }
    ],
    "role-collections": [{"name": "C", "role-template-references": ["$XSAPPNAME.T", "U"]}],
}


def test_an_unknown_key_hides_no_reference_error() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_descriptor(UNKNOWN_AND_UNDEFINED)
    assert {violation.path for violation in caught.value.violations} == {
        "unknown",
        "scopes[0].description",
        "scopes[0].granted-apps[0]",
        "scopes[0].granted-apps[1]",
        "attributes[0].valueRequired",
        "role-templates[0].nmae",
        "role-templates[0].scope-references[1]",
        "role-templates[0].attribute-references[1]",
        "role-collections[0].role-template-references[1]",
    }


@pytest.mark.parametrize("name", [None, 7, "x" * 65])
def test_an_attribute_reference_without_valid_name_is_one_error(name: object) -> None:
    template = {"name": "T", "attribute-references": [{"name": name}]}
    with pytest.raises(InvalidRequest) as caught:
        parse_descriptor({**NAME, "role-templates": [template]})
    path = "role-templates[0].attribute-references[0].name"
    assert [violation.path for violation in caught.value.violations] == [path]


@pytest.mark.parametrize(
    "part",
    [
        {"Scopes": [{"name": "$XSAPPNAME.b"}]},
        {"scops": []},
        {"scopes": {}},
        {"scopes": [{"Name": "$XSAPPNAME.b"}]},
        {"scopes": [{"name": "b"}]},
        {"scopes": ["$XSAPPNAME.b"]},
    ],
)
def test_a_broken_part_may_have_defined_the_name(part: dict[str, Any]) -> None:
    template = {"name": "T", "scope-references": ["$XSAPPNAME.b"], "attribute-references": ["a"]}
    with pytest.raises(InvalidRequest) as caught:
        parse_descriptor({**NAME, "role-templates": [template], **part})
    paths = [violation.path for violation in caught.value.violations]
    assert "role-templates[0].scope-references[0]" not in paths
    assert "role-templates[0].attribute-references[0]" in paths


RESERVED = ["uaa", "XSUAA", "Zones", "operator", "sap_system", "na-1", "SB-1"]


@pytest.mark.parametrize("name", RESERVED)
def test_only_new_instances_are_refused_reserved_names(name: str) -> None:
    assert parse_descriptor({"xsappname": name}).xsappname == name
    with pytest.raises(InvalidRequest) as caught:
        parse_with_notes({"xsappname": name, "unknown": 1}, for_new_instance=True)
    assert [violation.path for violation in caught.value.violations] == ["xsappname", "unknown"]
    with pytest.raises(InvalidRequest, match=f'xsappname: "{name}" is reserved'):
        parse_with_notes({"xsappname": name}, for_new_instance=True)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"config": NAME}, "config"),
        ({"parameters": {"config": NAME}}, "parameters.config"),
        ({"name": "i", "plan": "application", "parameters": NAME}, "parameters"),
        ({"apiVersion": "v1", "kind": "K", "spec": {"parameters": NAME}}, "spec.parameters"),
        ({"xsuaa": {"config": NAME}}, "config"),
    ],
)
def test_a_wrapper_is_refused_with_the_place_of_the_descriptor(
    document: dict[str, Any], path: str
) -> None:
    sentence = rf"^this is the wrapper: send what stands below `{re.escape(path)}`$"
    with pytest.raises(InvalidRequest, match=sentence):
        parse_descriptor(document)


def test_no_prefix_and_no_key_comes_twice() -> None:
    for document, text in {
        "a.b": 'Error parsing xs-security.json data: Invalid xsappname "a.b"; allowed: 1 to 100',
        "a": "Inconsistent xs-security.json: authorities[0]: ",
    }.items():
        with pytest.raises(InvalidRequest) as caught:
            parse_descriptor({"xsappname": document, "authorities": ["?"]})
        assert str(caught.value).startswith(text)


def test_questions_end_their_sentence() -> None:
    with pytest.raises(InvalidRequest, match=r'"scopes"\? authority: unknown key, did'):
        parse_descriptor({**NAME, "scope": [], "authority": []})


def test_a_long_value_is_not_echoed() -> None:
    secret = "BEGIN RSA PRIVATE KEY" * 20
    with pytest.raises(InvalidRequest) as caught:
        parse_descriptor({**NAME, "tenant-mode": secret})
    assert "PRIVATE" not in str(caught.value)
    assert f"a string of {len(secret)} characters" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_many_broken_rules_are_summed_up() -> None:
    with pytest.raises(InvalidRequest, match=r"And 480 more$"):
        parse_descriptor({**NAME, "scopes": ["x"] * 500})


def test_what_sap_s_tools_write_is_tolerated_and_reported() -> None:
    """H-18: keys with stray blanks, and keys without effect."""
    descriptor, notes = parse_with_notes(
        {
            "xsappname ": "app",
            "authorities-inheritance": False,
            "oauth2-configuration": {"credential-types ": ["binding-secret"]},
        }
    )
    assert descriptor.xsappname == "app"
    assert descriptor.credential_types == (CredentialType.BINDING_SECRET,)
    *blanks, inert = notes
    assert blanks == [
        "xsappname has surrounding blanks, which are ignored.",
        "oauth2-configuration.credential-types has surrounding blanks, which are ignored.",
    ]
    assert inert.startswith("authorities-inheritance has no effect: ")


def test_keys_that_differ_by_blanks_only_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="scopes: duplicate key"):
        parse_descriptor({**NAME, "scopes": [], " scopes": []})


def test_binding_parameters() -> None:
    parsed = parse_binding_parameters({"credential-type": "x509", "hide-secret": "true"})
    assert parsed.credential_type is CredentialType.X509
    assert parsed.hide_secret is True
    with pytest.raises(InvalidRequest, match=r'credential-type: "jwt"; allowed: instance-secret'):
        parse_binding_parameters({"credential-type": "jwt"})
    with pytest.raises(InvalidRequest, match=r'did you mean "credential-type"\?'):
        parse_binding_parameters({"credential-types": ["x509"]})
    with pytest.raises(InvalidRequest, match=r"x509\.validity: 400 days; at most 30 days"):
        parse_binding_parameters({"x509": {"validity": 400}})
    with pytest.raises(InvalidRequest, match="what stands below `parameters`"):
        parse_binding_parameters({"parameters": {"credential-type": "x509"}})
    with pytest.raises(InvalidRequest, match="in the descriptor of the service instance"):
        parse_binding_parameters({"xsappname": "app"})
