"""Sample values for placeholders of MTA descriptors."""

from __future__ import annotations

import pytest

from broker.descriptor.sources.placeholders import (
    parts_around,
    placeholder_notes,
    with_samples,
)
from broker.redirects.policy import grammar_violations


def test_texts_get_words_like_their_placeholders() -> None:
    config = {
        "xsappname": "my-app-${org}-${space}",
        "scopes": [{"name": "$XSAPPNAME.~{api/scope}", "description": "${any}"}],
        "tenant-mode": "dedicated",
    }
    value, samples, unknown = with_samples(config)
    assert value == {
        "xsappname": "my-app-org-space",
        "scopes": [{"name": "$XSAPPNAME.api-scope", "description": "any"}],
        "tenant-mode": "dedicated",
    }
    assert samples == [("xsappname",), ("scopes", 0, "name"), ("scopes", 0, "description")]
    assert unknown == []


def test_a_value_of_unknown_type_is_left_out() -> None:
    config = {"oauth2-configuration": {"token-validity": "${validity}"}, "scopes": "~{scopes}"}
    value, samples, unknown = with_samples(config)
    assert value == {"oauth2-configuration": {"token-validity": None}, "scopes": None}
    assert samples == []
    assert unknown == [("oauth2-configuration", "token-validity"), ("scopes",)]


@pytest.mark.parametrize(
    "uri",
    [
        "${default-url}/**",
        "~{srv-api/srv-url}/login/callback",
        "https://~{app/host}/**",
        "https://*.${default-domain}/**",
        "https://${host}.${domain}/**",
        "https://my-app.example.org/${path}",
        "https://my-app.example.org:${port}/**",
    ],
)
def test_redirect_uris_stay_valid(uri: str) -> None:
    config = {"oauth2-configuration": {"redirect-uris": [uri]}}
    value, samples, unknown = with_samples(config)
    [sample] = value["oauth2-configuration"]["redirect-uris"]
    assert not list(grammar_violations([sample])), sample
    assert (len(samples), unknown) == (1, [])


@pytest.mark.parametrize("text", ["$XSAPPNAME.read", "a$b", r"\${org}", "${", "~home", ""])
def test_other_texts_stay(text: str) -> None:
    assert with_samples({"xsappname": text}) == ({"xsappname": text}, [], [])


def test_parts_around_contain_a_location_and_its_parents() -> None:
    assert parts_around([("scopes", 0, "name")], "config") == {
        "config.scopes",
        "config.scopes[0]",
        "config.scopes[0].name",
    }


def test_each_location_has_a_note() -> None:
    assert list(placeholder_notes("resource a", "config", [("xsappname",)], [("scopes",)])) == [
        "resource a: config.xsappname is checked with sample values in place of its placeholders.",
        "resource a: config.scopes is a placeholder and is not checked.",
    ]
