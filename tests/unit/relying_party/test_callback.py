"""The parameters of a callback: issuer, error, code, in this order (I-38, TH-06)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import LogonInvalid, ProviderDenied
from broker.relying_party.callback import code_in
from broker.relying_party.discovery import Endpoints

STATING = Endpoints("https://login.example.org", "a", "t", "k", states_issuer=True)
SILENT = Endpoints("https://login.example.org", "a", "t", "k")
ISSUER, CODE = ("iss", "https://login.example.org"), ("code", "c-1")


def test_a_code_is_returned() -> None:
    assert code_in([CODE, ISSUER, ("state", "s")], STATING) == "c-1"
    assert code_in([CODE], SILENT) == "c-1"


@pytest.mark.parametrize(
    "parameters",
    [
        [CODE],
        [CODE, ("iss", "https://evil.example.org")],
        [CODE, ISSUER, ISSUER],
        [CODE, ("iss", "")],
        [ISSUER],
        [ISSUER, CODE, CODE],
        [ISSUER, ("code", "")],
        [ISSUER, ("code", "x" * 5000)],
        [("error", "access_denied")],
    ],
)
def test_another_response_is_refused(parameters: list[tuple[str, str]]) -> None:
    with pytest.raises(LogonInvalid):
        code_in(parameters, STATING)


def test_a_wrong_issuer_is_refused_also_if_it_is_optional() -> None:
    with pytest.raises(LogonInvalid):
        code_in([CODE, ("iss", "https://evil.example.org")], SILENT)


@given(st.text(max_size=300), st.text(max_size=600))
def test_the_error_is_bounded_and_printable(error: str, description: str) -> None:
    with pytest.raises(ProviderDenied) as denied:
        code_in([ISSUER, CODE, ("error", error), ("error_description", description)], STATING)
    assert str(denied.value).isprintable()
    assert len(str(denied.value)) < 330
