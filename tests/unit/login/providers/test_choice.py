"""The choice of the identity provider (I-47 to I-49)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from broker.errors import GrantRefused
from broker.identity.providers.provider import OIDC, Provider, local_store
from broker.login.providers.choice import Choice, active_providers, choose_provider
from tests.support.users import A_ZONE

LOCAL = local_store(A_ZONE)
CORP = Provider(
    1, A_ZONE, "corp", OIDC, "Corp", configuration={"emailDomain": ["corp.example.org"]}
)
PARTNER = Provider(
    2, A_ZONE, "partner", OIDC, "Partner", configuration={"emailDomain": ["shared.example.org"]}
)
OTHER = Provider(
    3, A_ZONE, "other", OIDC, "Another", configuration={"emailDomain": ["shared.example.org"]}
)
ALL = (LOCAL, CORP, PARTNER, OTHER)


def origins(allowed: list[str] | None = None, **more: Any) -> list[str]:
    return [each.origin for each in choose_provider(ALL, allowed, **more).providers]


def refusal(allowed: list[str] | None = None, **more: Any) -> str:
    with pytest.raises(GrantRefused) as refused:
        choose_provider(ALL, allowed, **more)
    return refused.value.code


def test_idp_names_the_provider() -> None:
    assert origins(idp="corp") == ["corp"]
    assert origins(idp="corp", login_hint='{"origin":"partner"}') == ["corp"]
    assert origins(idp="uaa") == ["sap.default"]


def test_a_login_hint_with_an_origin_names_the_provider() -> None:
    hint = json.dumps({"origin": "partner"})
    assert origins(login_hint=hint) == ["partner"]
    assert origins(login_hint=quote(hint)) == ["partner"]


@pytest.mark.parametrize(
    "hint",
    [
        '{"origin":"unknown"}',
        '{"origin":7}',
        "{}",
        "{",
        '{"origin":"corp","origin":"partner"}',
        "%7Bbad",
        "x" * 1025,
    ],
)
def test_an_unusable_hint_is_refused(hint: str) -> None:
    assert refusal(login_hint=hint) == "invalid_login_hint"


def test_a_hint_outside_the_allowed_providers_is_refused() -> None:
    assert refusal(["sap.default"], idp="corp") == "invalid_login_hint"
    assert refusal(["sap.default"], login_hint='{"origin":"corp"}') == "invalid_login_hint"
    assert refusal(["sap.default"], login_hint="anna@corp.example.org") == "invalid_login_hint"


def test_the_domain_of_an_address_names_the_provider_that_alone_lists_it() -> None:
    assert origins(login_hint="anna@CORP.example.org") == ["corp"]
    assert len(origins(login_hint="anna@shared.example.org")) == len(ALL)
    assert len(origins(login_hint="anna@unknown.example.org")) == len(ALL)


def test_the_address_is_kept_for_the_form() -> None:
    assert choose_provider(ALL, None, login_hint="anna").login_hint == "anna"
    assert choose_provider(ALL, None, idp="corp", login_hint="a@b.c").login_hint == "a@b.c"
    assert choose_provider(ALL, None, login_hint="a\nb").login_hint is None


def test_the_allowed_providers_leave_one() -> None:
    choice = choose_provider(ALL, ["corp"])
    assert choice.only == CORP
    assert not choice.has_local_store


def test_no_allowed_provider_is_refused() -> None:
    assert refusal([]) == "access_denied"
    assert refusal(["removed"]) == "access_denied"


def test_the_default_provider_is_the_first() -> None:
    assert origins(default="partner") == ["partner", "sap.default", "other", "corp"]
    assert origins() == ["sap.default", "other", "corp", "partner"]


def test_active_providers_include_the_local_store_without_a_record() -> None:
    assert active_providers(A_ZONE, [CORP]) == (LOCAL, CORP)
    inactive = replace(LOCAL, row_id=9, is_active=False)
    assert active_providers(A_ZONE, [CORP, inactive, replace(OTHER, is_active=False)]) == (CORP,)


def test_one_provider_is_no_choice() -> None:
    assert Choice((LOCAL,)).only == LOCAL
    assert Choice(ALL).only is None
