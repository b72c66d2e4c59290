"""The pages about errors describe every error that the code can send."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from broker import errors
from broker.authentication.client import OTHER_OWNER
from broker.login.authorization.request import _UNSUPPORTED
from broker.login.pages.problems import Problem
from tests.documents.error_texts import (
    ADMINISTRATION,
    AUTHORIZATION,
    BROKER,
    GRANTS,
    PROBLEMS,
    TOKEN_SERVICE,
)
from tests.documents.errors_page import (
    SAMPLES,
    Sent,
    by_the_administration,
    by_the_broker,
    by_the_token_service,
)
from tests.documents.pages import text_of
from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

NEVER_SENT = {
    errors.ConfigurationError: "ends the process or the command",
    errors.KeyChangeRefused: "commands only",
    errors.ProviderDenied: "becomes a problem of a page",
    errors.LogonInvalid: "becomes a problem of a page, or a refused grant",
    errors.IntegrityViolated: "an unexpected failure",
    errors.GrantRefused: "listed by its codes",
}
UNAVAILABLE = Sent(503, "temporarily_unavailable")
HELPERS = {"_refused", "GrantRefused"}


@cache
def calls(folder: str, *names: str) -> list[ast.Call]:
    """Return the calls of functions and classes in a folder of the package."""
    return [
        node
        for file in sorted((ROOT / "broker" / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]


def constants(call: ast.Call) -> list[str]:
    return [
        each.value
        for each in call.args
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def test_every_class_of_errors_has_a_sample_or_a_reason() -> None:
    classes = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.BrokerError)
    }
    described = {*SAMPLES, *NEVER_SENT, errors.BrokerError}
    assert classes - described == {errors.RoleCollectionNotFound}
    assert set(SAMPLES).isdisjoint(NEVER_SENT)


def test_every_error_of_the_broker_is_described() -> None:
    sent = {kind for kind, error in SAMPLES.items() if by_the_broker(error).status != 500}
    assert sent == set(BROKER)


@pytest.mark.parametrize(
    ("send", "described"),
    [(by_the_token_service, TOKEN_SERVICE), (by_the_administration, ADMINISTRATION)],
)
def test_every_error_of_an_api_is_described(
    send: Callable[[errors.BrokerError], Sent],
    described: dict[type[errors.BrokerError], str],
) -> None:
    for kind, error in SAMPLES.items():
        if isinstance(error, errors.BrokerError) and send(error) != UNAVAILABLE:
            assert kind in described or issubclass(kind, tuple(described)), kind


def test_every_code_of_a_refused_grant_is_described() -> None:
    found = set()
    for folder in ("oauth", "tokens", "authorization", "identity"):
        for call in calls(folder, *HELPERS):
            codes = [each for each in constants(call) if re.fullmatch(r"[a-z_]+", each)]
            flags = [each for each in call.keywords if each.arg == "is_unauthorized"]
            by_helper = isinstance(call.func, ast.Name) and call.func.id == "_refused"
            found |= {(each, bool(flags) or by_helper) for each in codes}
    # The helper of the password grant has this default.
    found.add(("invalid_client", True))
    assert found == set(GRANTS)


def test_every_code_of_the_authorization_endpoint_is_described() -> None:
    refused = [*calls("login", "AuthorizationRefused", "_page")]
    codes = {each for call in refused for each in constants(call) if re.fullmatch("[a-z_]+", each)}
    assert codes | set(_UNSUPPORTED.values()) | {"invalid_scope"} == set(AUTHORIZATION)


def test_every_problem_of_a_page_is_described() -> None:
    assert set(PROBLEMS) == set(Problem)


def test_every_reason_of_a_failed_authentication_is_described() -> None:
    page = text_of("docs/refusals.md")
    described = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    raised = calls("", "AuthenticationFailed")
    assert all(constants(call) or ast.unparse(call.args[0]) == "OTHER_OWNER" for call in raised)
    reasons = {reason for call in raised for reason in constants(call)} | {OTHER_OWNER}
    assert sorted(described) == sorted(reasons)


def test_the_page_names_reasons_of_refused_tokens_that_exist() -> None:
    reasons = {each for call in calls("", "TokenInvalid") for each in constants(call)}
    section = text_of("docs/refusals.md").partition("## Refused tokens\n")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z][^`]* [^`]+)`", " ".join(section.split()))
    assert len(named) > 3
    assert set(named) <= reasons
