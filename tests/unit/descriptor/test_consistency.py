"""Rules about more than one value: references, repeated names, counts, redirect URIs."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.parse import parse_binding_parameters, parse_descriptor, parse_with_notes
from broker.errors import InvalidRequest

SCOPE = {"name": "$XSAPPNAME.Read"}


def document(**parts: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"xsappname": "app", "scopes": [SCOPE]}
    return base | {name.replace("_", "-"): value for name, value in parts.items()}


def scope(**grants: list[str]) -> dict[str, Any]:
    return {**SCOPE, **{name.replace("_", "-"): value for name, value in grants.items()}}


def template(**parts: Any) -> dict[str, Any]:
    return {"name": "T"} | {name.replace("_", "-"): value for name, value in parts.items()}


def collection(*references: str) -> dict[str, Any]:
    return {"name": "C", "role-template-references": list(references)}


VALID: list[dict[str, Any]] = [
    document(scopes=[scope(granted_apps=["$XSAPPNAME(application,other)"])]),
    document(scopes=[scope(granted_apps=["$XSAPPNAME(application, other)"])]),
    document(
        scopes=[
            scope(
                grant_as_authority_to_apps=[
                    "$XSSERVICENAME(my scheduler)",
                    "$XSAPPNAME(application,sap-provisioning,tenant-onboarding)",
                ]
            )
        ]
    ),
    document(authorities=["$ACCEPT_GRANTED_AUTHORITIES"]),
    document(authorities=["$XSAPPNAME.Read", "$XSAPPNAME(application,b).Read", "b.Read"]),
    document(authorities=["$XSAPPNAME(application,b)", "uaa.resource"]),
    document(authorities=["b", "b!t7", "$XSAPPNAME", "$XSAPPNAME.Write", "xs_user.read"]),
    document(scopes=[scope(granted_apps=["*", "b", "b!t7", "$XSAPPNAME", "xsuaa"])]),
    document(scopes=[scope(grant_as_authority_to_apps=["b", "b!t7", "$XSAPPNAME", "xsuaa"])]),
    document(scopes=[SCOPE, {"name": "xs_user.read"}, {"name": "uaa.resource"}]),
    document(foreign_scope_references=["b", "xs_user.read", "xsuaa!t7.xs_user.read"]),
    document(role_templates=[template(scope_references=["xs_user.read", "xsuaa.xs_user.read"])]),
    document(role_collections=[collection("$XSAPPNAME(application,xsuaa).xsuaa_admin")]),
    document(foreign_scope_references=["$ACCEPT_GRANTED_SCOPES", "uaa.user", "user_attributes"]),
    document(foreign_scope_references=["$XSAPPNAME(application,b).Read"]),
    document(
        role_templates=[
            template(
                scope_references=["$XSAPPNAME.Read", "uaa.user", "$XSAPPNAME(application,b).X"]
            )
        ]
    ),
    document(role_templates=[template()], role_collections=[collection("$XSAPPNAME.T", "T")]),
    document(role_collections=[collection("$XSSERVICENAME(other).Viewer")]),
    document(
        attributes=[{"name": "a"}],
        role_templates=[
            template(attribute_references=[{"name": "a", "default-values": ["x"]}]),
        ],
        role_collections=[collection("$XSAPPNAME.T")],
    ),
    {"xs-security": document()},
    {"xsuaa": document()},
]


@pytest.mark.parametrize("descriptor", VALID)
def test_consistent_descriptors_are_accepted(descriptor: dict[str, Any]) -> None:
    assert parse_descriptor(descriptor).xsappname == "app"


INVALID: list[tuple[dict[str, Any], str, str]] = [
    (document(scopes=[SCOPE, SCOPE]), "scopes[1].name", "duplicate name"),
    (
        document(scopes=[scope(grant_as_authority_to_apps=["*"])]),
        "scopes[0].grant-as-authority-to-apps[0]",
        '"*", which only granted-apps allows; allowed: $XSAPPNAME(',
    ),
    (document(scopes=[scope(granted_apps=["other.Read"])]), "scopes[0].granted-apps[0]", "other.R"),
    (document(authorities=["*"]), "authorities[0]", "which only granted-apps allows"),
    (document(authorities=["Read"]), "authorities[0]", "$XSAPPNAME.Read for the own scope"),
    (document(authorities=["ACCEPT_GRANTED_AUTHORITIES"]), "authorities[0]", "$ACCEPT_GRANTED_A"),
    (document(foreign_scope_references=["*"]), "foreign-scope-references[0]", "only granted-apps"),
    (
        document(scopes=[scope(grant_as_authority_to_apps=["$XSAPPNAME(application,b).Read"])]),
        "scopes[0].grant-as-authority-to-apps[0]",
        "$XSSERVICENAME(",
    ),
    (document(authorities=["$ACCEPT_GRANTED_SCOPES"]), "authorities[0]", "AUTHORITIES"),
    (document(authorities=["$XSAPPNAME."]), "authorities[0]", "$XSAPPNAME.<scope>"),
    (
        document(foreign_scope_references=["$XSAPPNAME.Read"]),
        "foreign-scope-references[0]",
        "$ACCEPT_GRANTED_SCOPES",
    ),
    (
        document(role_templates=[template(scope_references=["$XSAPPNAME.Write"])]),
        "role-templates[0].scope-references[0]",
        "not defined",
    ),
    (
        document(
            scopes=[SCOPE, {"name": "xs_user.read"}],
            role_templates=[template(scope_references=["$XSAPPNAME.xs_user.read"])],
        ),
        "role-templates[0].scope-references[0]",
        "not defined",
    ),
    *(
        (
            document(role_templates=[template(scope_references=[text])]),
            "role-templates[0].scope-references[0]",
            "$XSAPPNAME.<scope>",
        )
        for text in ("$XSAPPNAME", "b", "$XSAPPNAME(application,xsuaa)", "*")
    ),
    *(
        (
            document(role_templates=[template()], role_collections=[collection(text)]),
            "role-collections[0].role-template-references[0]",
            "is not defined; allowed: T",
        )
        for text in ("Misspelled", "$XSAPPNAME", "xs_user.read", "*")
    ),
    (
        document(role_templates=[template(attribute_references=["a"])]),
        "role-templates[0].attribute-references[0]",
        '"a" is not defined',
    ),
    (document(role_templates=[template(), template()]), "role-templates[1].name", "duplicate name"),
    (
        document(role_collections=[collection("$XSAPPNAME.T")]),
        "role-collections[0].role-template-references[0]",
        "not defined",
    ),
    (
        document(
            attributes=[{"name": "a"}],
            role_templates=[template(attribute_references=["a"])],
            role_collections=[collection("$XSAPPNAME.T")],
        ),
        "role-collections[0].role-template-references[0]",
        "without default-values",
    ),
    (document(attributes=[{"name": "a"}, {"name": "a"}]), "attributes[1].name", "duplicate name"),
    (
        document(
            scopes=[
                {"name": f"$XSAPPNAME.s{n}", "granted-apps": ["$XSAPPNAME(application,b)"]}
                for n in range(251)
            ]
        ),
        "scopes",
        "at most 250",
    ),
]


@pytest.mark.parametrize(("descriptor", "path", "words"), INVALID)
def test_inconsistencies_are_named(descriptor: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match="Inconsistent xs-security") as caught:
        parse_descriptor(descriptor)
    [violation] = caught.value.violations
    assert violation.path == path
    assert words in str(violation)


def with_redirect(uri: str) -> dict[str, Any]:
    return document(oauth2_configuration={"redirect-uris": [uri]})


@pytest.mark.parametrize(
    "uri",
    [
        "https://my-app.example.org",
        "https://*-dev.cfapps.example.org/login/callback",
        "https://*.example.org:8443/a/*/b?x=1",
        "https://**.example.org/**",
        "https://my_app.example.org/**",
        "https://*shop.apps.example.org/**/*",
        "https://shop.apps.example.org/**/login/callback",
        "http://localhost:*/**",
        "http://*.localhost:5000/**",
        "http://*.app.localhost:*/**",
        "http://a.localhost",
        "http://127.0.0.1:3000/callback",
        "http://[::1]:3000/callback",
    ],
)
def test_redirect_uris_that_may_be_registered(uri: str) -> None:
    assert parse_with_notes(with_redirect(uri))[1] == []


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("my-app.example.org/callback", "no scheme"),
        ("http://my-app.example.org", 'http:// for the host "my-app.example.org"'),
        ("https://*.0.0.1/**", 'the host "*.0.0.1", which could match an IP address'),
        ("https://example.org/foo**", '** in the path segment "foo**"'),
    ],
)
def test_redirect_uris_that_may_not(uri: str, found: str) -> None:
    """H-39 to H-41; each rule is in tests/unit/redirects."""
    with pytest.raises(InvalidRequest) as caught:
        parse_descriptor(with_redirect(uri))
    [violation] = caught.value.violations
    assert violation.path == "oauth2-configuration.redirect-uris[0]"
    assert violation.found == found


def test_an_old_scheme_is_read_as_https_with_a_note() -> None:
    descriptor, notes = parse_with_notes(with_redirect("http*://my-app.example.org/**"))
    assert descriptor.oauth2_configuration.redirect_uris == ["http*://my-app.example.org/**"]
    [note] = notes
    assert note.startswith("oauth2-configuration.redirect-uris[0]: http*:// is read as https://;")


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"grant-types": ["magic"]}, "client_credentials, authorization_code"),
        ({"system-attributes": ["all"]}, "groups, rolecollections"),
        ({"allowedproviders": [""]}, "at least 1 characters"),
        ({"redirect-uris": ["https://a.example.org"] * 251}, "at most 250 entries"),
    ],
)
def test_values_of_the_oauth_configuration(configuration: dict[str, Any], words: str) -> None:
    """H-13, H-17."""
    with pytest.raises(InvalidRequest, match=words):
        parse_descriptor(document(oauth2_configuration=configuration))


def test_binding_parameters_may_be_wrapped() -> None:
    """H-36."""
    assert parse_binding_parameters({"xsuaa": {"hide-secret": True}}).hide_secret


def test_references_to_other_applications_are_bounded() -> None:
    """Each one is a row, written while other changes of the zone wait."""
    foreign = [f"$XSAPPNAME(application,app{n}).s" for n in range(1000)]
    template = {"name": "T", "scope-references": foreign}
    document = {"xsappname": "app", "authorities": foreign, "role-templates": [template]}
    parse_descriptor(document)
    with pytest.raises(InvalidRequest, match="2001 references to other applications; at"):
        parse_descriptor({**document, "foreign-scope-references": foreign[:1]})
