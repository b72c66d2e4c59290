"""The data of errors, and its visibility to clients."""

from __future__ import annotations

import pytest

from broker import errors
from broker.errors import (
    AuthenticationFailed,
    BrokerError,
    InvalidRequest,
    Violation,
    joined,
)


def violations(count: int) -> list[Violation]:
    return [Violation(f"scopes[{index}]", "found", "allowed") for index in range(count)]


def test_every_error_is_in_the_one_tree() -> None:
    raised = [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, Exception)
    ]
    assert len(raised) > 10
    assert all(issubclass(each, BrokerError) for each in raised)
    documented = errors.__doc__ or ""
    assert [each.__name__ for each in raised if each.__name__ not in documented] == []


def test_all_violations_are_kept_and_the_text_is_bounded() -> None:
    """Platforms show a user about 8 kB at most."""
    error = InvalidRequest(violations(23))
    assert error.violations == tuple(violations(23))
    assert "scopes[19]" in str(error)
    assert "scopes[20]" not in str(error)
    assert "3" in str(error).rpartition("scopes[19]")[2]
    assert "scopes[19]" in str(InvalidRequest(violations(20)))


def test_long_violations_are_cut_off_as_a_whole() -> None:
    long = [Violation("a", "x" * 2000, "y") for _ in range(5)]
    assert str(InvalidRequest(long)) == ". ".join([str(long[0])] * 3) + ". And 2 more"
    assert joined([Violation("a", "x" * 9000, "y")]).startswith("a: xxx")
    assert joined([]) == ""


def test_a_period_of_a_phrase_does_not_end_the_sentence() -> None:
    violation = Violation("name", "It exists. Please choose another.", "another name.")
    assert str(violation) == "name: It exists. Please choose another; allowed: another name"


def test_a_violation_of_the_whole_document_has_no_path() -> None:
    assert str(Violation("$", "102 keys", "at most 100 keys")) == "102 keys; at most 100 keys"


def test_a_prefix_stands_first_and_keeps_the_error() -> None:
    invalid = InvalidRequest(violations(1), subject="xs-security.json")
    text = str(invalid)
    invalid.add_prefix("Dry run")
    assert str(invalid) == f"Dry run: {text}"
    assert invalid.violations == tuple(violations(1))


def test_the_subject_stands_before_the_violations() -> None:
    assert str(InvalidRequest(violations(1), subject="xs-security.json")).startswith(
        "xs-security.json: scopes[0]"
    )


def test_a_violation_as_json_has_its_three_members() -> None:
    [violation] = InvalidRequest.at("xsappname", "7", "a string").violations
    assert violation.as_json() == {"path": "xsappname", "found": "7", "allowed": "a string"}


@pytest.mark.parametrize("reason", ["unknown client or no such credential", "wrong secret"])
def test_a_refused_credential_does_not_tell_clients_why(reason: str) -> None:
    """D-17."""
    error = AuthenticationFailed(reason, credential_id=5)
    assert (str(error), error.reason, error.credential_id) == ("Bad credentials", reason, 5)
