"""Descriptors as found in practice, and the broker's findings about each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from broker.descriptor.reports.check import check_document

CORPUS = Path(__file__).with_name("corpus")
TYPES_NOTE = "oauth2-configuration.credential-types is not set"

NOTED: dict[str, list[str]] = {
    "smallest": [TYPES_NOTE],
    "display-and-edit": [],
    "cap-with-attribute": ["authorities-inheritance has no effect", TYPES_NOTE],
    "multi-tenant-callback": [TYPES_NOTE],
    "old-template-with-uaa-user": ["scopes[0]: uaa.user is the platform's own", TYPES_NOTE],
    "granting-service": [TYPES_NOTE],
    "accepting-application": [
        "authorities[1]: servc is read as $XSAPPNAME(application,servc) of the own space",
        TYPES_NOTE,
    ],
    "plain-name-in-granted-apps": [
        "scopes[0].granted-apps[0]: other-app is read as $XSAPPNAME(application,other-app) of the",
        TYPES_NOTE,
    ],
    "scopes-of-the-platform": [
        "scopes[0]: xs_authorization.read is the platform's own, not defined by this application",
        "scopes[1]: openid is the platform's own, not defined by this application",
        "authorities[0]: xs_user.write is the platform's own, not defined by this application",
        TYPES_NOTE,
    ],
    "old-spellings": [
        "role-templates[0].attributeReferences has surrounding blanks",
        "role-templates[0].scopeReferences is read as scope-references",
        "role-templates[0].attributeReferences is read as attribute-references",
        "role-templates[0].scope-references[1]: $uaa.user is read as uaa.user",
        "oauth2-configuration.grant-types[0]: client_x509 allows client_credentials with a",
        TYPES_NOTE,
    ],
    "authority-of-another-version": [
        "authorities[1]: $XSAPPNAME.subscribe has no effect until the scope is defined.",
        TYPES_NOTE,
    ],
    "keys-with-blanks": [
        "oauth2-configuration.allowedproviders has surrounding blanks, which are ignored",
        "oauth2-configuration.system-attributes has surrounding blanks, which are ignored",
        TYPES_NOTE,
    ],
    "numbers-as-text": [TYPES_NOTE],
    "wrapped": [TYPES_NOTE],
    "attributes-with-defaults": [TYPES_NOTE, 'role-templates: "Editor" gets no default role'],
    "collection-of-another-application": [TYPES_NOTE],
    "dotted-scope-names": [TYPES_NOTE],
}
REFUSED: dict[str, list[str]] = {
    "cap-from-generator": ["xsappname is missing"],
    "dot-in-name": ['Invalid xsappname "com.example.app"'],
    "misspelt-credential-types": [
        "oauth2-configuration.credential-type: unknown key; allowed: oauth2-configuration."
    ],
    "role-template-references-in-a-template": [
        "role-templates[0].role-template-references: unknown key"
    ],
    "references-as-objects": ["role-collections[0].role-template-references[0]: an object"],
    "foreign-scopes-as-object": ["foreign-scope-references: an object; allowed: a list"],
    "plain-http-redirect": [
        "oauth2-configuration.redirect-uris[0]: a wildcard in the last two labels of the host",
        "oauth2-configuration.redirect-uris[1]: no scheme",
    ],
    "identity-service-keys": [
        "oauth2-configuration.post-logout-redirect-uris: unknown key",
        "xsuaa-cross-consumption: unknown key",
    ],
    "two-rules-broken": [
        "scopes[0].name: ",
        'role-templates[0].name: "My Viewer"',
        "oauth2-configuration.token-validity: 30 seconds; at least 60 seconds",
    ],
}


def test_every_file_has_an_expected_outcome() -> None:
    assert {path.stem for path in CORPUS.iterdir()} == NOTED.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", NOTED)
def test_accepted_descriptors(name: str) -> None:
    report = check_document(json.loads((CORPUS / f"{name}.json").read_text()))
    assert report.errors == []
    assert len(report.notes) == len(NOTED[name]), report.notes
    for note, expected in zip(report.notes, NOTED[name], strict=True):
        assert note.startswith(expected)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_descriptors(name: str) -> None:
    report = check_document(json.loads((CORPUS / f"{name}.json").read_text()))
    errors = list(map(str, report.errors))
    assert len(errors) == len(REFUSED[name]), errors
    for error, expected in zip(errors, REFUSED[name], strict=True):
        assert error.startswith(expected)
