"""Suggestions for unknown keys."""

from __future__ import annotations

import pytest

from broker.descriptor.binding import BindingParameters
from broker.descriptor.findings.keys import KeyFinder, field_at
from broker.descriptor.model import Descriptor

OAUTH = "oauth2-configuration"


@pytest.mark.parametrize(
    ("location", "near"),
    [
        (("Scopes",), "scopes"),
        (("scope",), "scopes"),
        (("oauth2-Configuration",), OAUTH),
        (("oauth2_configuration",), OAUTH),
        (("roleTemplates",), "role-templates"),
        ((OAUTH, "Token-Validity"), "token-validity"),
        (("attributes", 0, "valuetype"), "valueType"),
        (("scopes", 0, "granted-app"), "granted-apps"),
        (("nothing",), None),
    ],
)
def test_case_separators_and_plural_are_slips(
    location: tuple[str | int, ...], near: str | None
) -> None:
    assert KeyFinder(Descriptor).slip(location) == near


@pytest.mark.parametrize(
    ("location", "found"),
    [
        (("descripton",), 'unknown key, did you mean "description"?'),
        (("AUTHORITES",), 'unknown key, did you mean "authorities"?'),
        (("token-validity",), f'unknown key here, did you mean "{OAUTH}.token-validity"?'),
        ((OAUTH, "scopes"), 'unknown key here, did you mean "scopes"?'),
        (
            ("role-templates", 0, "granted-apps"),
            'unknown key here, did you mean "scopes[].granted-apps"?',
        ),
        (
            ("key-length",),
            'unknown key here, did you mean "x509.key-length" in the parameters of a binding?',
        ),
        (("qqq",), "unknown key"),
    ],
)
def test_a_suggestion_names_the_place(location: tuple[str | int, ...], found: str) -> None:
    assert KeyFinder(Descriptor).unknown(location)[0] == found


@pytest.mark.parametrize("key", ["credential-type", "credentialType", "CREDENTIAL-TYPE"])
@pytest.mark.parametrize("place", [(), (OAUTH,)])
def test_credential_type_has_two_right_places(place: tuple[str, ...], key: str) -> None:
    found, allowed = KeyFinder(Descriptor).unknown((*place, key))
    assert found == "unknown key"
    assert f"{OAUTH}.credential-types in the descriptor" in allowed
    assert "credential-type in the parameters of a binding" in allowed


def test_bindings_have_their_own_keys() -> None:
    keys = KeyFinder(BindingParameters)
    assert keys.unknown(("credential-types",))[0] == 'unknown key, did you mean "credential-type"?'
    found, allowed = keys.unknown(("role-templates",))
    assert found.endswith('"role-templates" in the descriptor of the service instance?')
    assert allowed == "credential-type, hide-secret, x509"


def test_fields_are_found_by_their_location() -> None:
    name = field_at(Descriptor, ("scopes", 0, "name"))
    assert name is not None
    assert name.is_required()
    for location in ((), ("scopes", 0), ("unknown",)):
        assert field_at(Descriptor, location) is None
