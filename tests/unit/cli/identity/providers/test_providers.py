"""``providers``: listed, added, shown, changed, deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from broker.authorization.collections.names import ADMINISTRATORS
from tests.support.role_collections import assign
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

ISSUER = ("--issuer", "https://idp.example.org", "--client-id", "app")
ZONE = ("--zone", "1")


@pytest.fixture
def filled(command_line: CommandLine) -> CommandLine:
    """A zone with a provider."""
    zone = command_line.domain.provision("i").instance.client.zone
    command_line("providers", "add", "corporate", *ZONE, *ISSUER, "--name", "Corporate")
    stored_user(command_line.domain, zone, origin="corporate")
    return command_line


def test_a_provider_is_listed_and_shown(filled: CommandLine) -> None:
    local, corporate = json.loads(filled("providers", "list", *ZONE, "--json"))
    assert (local["origin"], local["type"], local["config"]) == ("sap.default", "uaa", {})
    assert (corporate["name"], corporate["users"], corporate["has_secret"]) == (
        "Corporate",
        1,
        False,
    )
    header, first, second = filled("providers", "list", *ZONE, "--wide").splitlines()
    assert header.split() == ["ORIGIN", "NAME", "ACTIVE", "USERS", "MAPPINGS", "ISSUER"]
    assert first.split() == ["sap.default", "Default", "identity", "provider", "yes", "0", "0", "-"]
    assert second.split()[2:] == ["yes", "1", "0", "https://idp.example.org"]
    text = filled("providers", "show", "corporate", *ZONE)
    lines = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert lines["issuer:"] == "https://idp.example.org"
    assert (lines["active:"], lines["scopes:"]) == ("true", '["openid"]')


def test_members_come_from_a_file_and_the_secret_from_stdin(filled: CommandLine) -> None:
    given = {"attributeMappings": {"user.attribute.Country": "country"}, "pkce": False}
    words = ("providers", "set", "corporate", *ZONE, "--json")
    changed = json.loads(filled(*words, "--file", "-", text=json.dumps(given)))
    assert changed["config"]["attributeMappings"] == {"user.attribute.Country": ["country"]}
    assert changed["config"]["issuer"] == "https://idp.example.org"
    assert changed["version"] == 2
    text = filled("providers", "set", "corporate", *ZONE, "--secret-stdin", text="s3cret\n")
    assert text == "Identity provider corporate is active, version 3.\n"
    shown = filled("providers", "show", "corporate", *ZONE, "--json")
    assert json.loads(shown)["has_secret"] is True
    assert "s3cret" not in shown


def test_the_local_store_is_switched_off(filled: CommandLine) -> None:
    """I-13."""
    text = filled("providers", "set", "sap.default", *ZONE, "--inactive")
    assert text == (
        "Identity provider sap.default is inactive, version 1. Ended all"
        " sessions and tokens of its users.\n"
    )


def test_a_provider_is_deleted_after_a_question(filled: CommandLine) -> None:
    """I-46."""
    words = ("providers", "delete", "corporate", *ZONE)
    asked = filled.try_out(*words)
    assert asked.exit_code == 1
    assert "Delete identity provider corporate with 1 user and 0 mappings?" in asked.stderr
    assert json.loads(filled(*words, "--yes", "--json")) == {
        "origin": "corporate",
        "users": 1,
        "mappings": 0,
    }


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (("add", "saml", "--type", "saml", *ISSUER), "", "SAML is not supported"),
        (("add", "ldap", *ISSUER), "", "origin: the reserved origin ldap"),
        (("add", "other"), "", "issuer is missing"),
        (("add", "other", "--file", "-"), "[]", "a JSON object"),
        (("set", "corporate", "--secret-stdin"), "a\nb\n", "one line of UTF-8 text"),
        (("set", "corporate", "--secret-stdin"), "", "one line of UTF-8 text"),
        (("set", "corporate", "--issuer", "https://b.example.org"), "", "has users (1)"),
        (("set", "missing", "--inactive"), "", "has no identity provider missing"),
        (("delete", "sap.default", "--yes"), "", "cannot be deleted"),
    ],
)
def test_errors_name_the_cause(
    filled: CommandLine, words: tuple[str, ...], text: str, expected: str
) -> None:
    refused = filled.try_out("providers", *words, *ZONE, text=text)
    assert refused.exit_code == 1
    assert expected in refused.stderr


def test_both_cannot_read_standard_input(filled: CommandLine) -> None:
    words = ("providers", "set", "corporate", *ZONE, "--file", "-", "--secret-stdin")
    assert filled.try_out(*words, text="{}").exit_code == 2


def test_the_provider_of_the_only_administrators_is_removed_after_a_question(
    filled: CommandLine,
) -> None:
    """I-160."""
    domain = filled.domain
    zone = domain.instance("i").client.zone
    assign(domain, stored_user(domain, zone, "otto", origin="corporate"), ADMINISTRATORS)
    warning = "only users of corporate are active administrators of zone zone-1."
    switched = ("providers", "set", "corporate", *ZONE, "--inactive")
    for words in (switched, ("providers", "delete", "corporate", *ZONE)):
        asked = filled.try_out(*words, text="n\n")
        assert (asked.exit_code, warning in asked.stderr) == (1, True)
    assert "is active" in filled("providers", "set", "corporate", *ZONE, "--name", "New")
    assert warning in filled.try_out(*switched, "--yes").stderr
    deleted = filled.try_out("providers", "delete", "corporate", *ZONE, "--yes")
    assert (deleted.exit_code, warning in deleted.stderr) == (0, False)
