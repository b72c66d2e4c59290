"""Users that a client admits."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import GrantRefused
from broker.identity.client_settings import ClientSettings
from broker.identity.user import LOCAL_ORIGIN
from broker.tokens.grants.admission import require_admitted
from tests.support.users import a_user


@pytest.mark.parametrize("allowed", [None, (LOCAL_ORIGIN,), ("corporate", LOCAL_ORIGIN)])
def test_users_of_an_allowed_provider_are_admitted(allowed: tuple[str, ...] | None) -> None:
    require_admitted(a_user(), ClientSettings(allowed_providers=allowed))


@pytest.mark.parametrize(
    ("changes", "allowed", "code", "text"),
    [
        ({"is_active": False}, None, "invalid_token", "The user is not active."),
        (
            {"provider_is_active": False},
            None,
            "invalid_token",
            "The identity provider of the user is not active.",
        ),
        ({}, (), "unauthorized", "Client is not authorized for any identity providers."),
        (
            {},
            ("corporate",),
            "unauthorized",
            "Client is not authorized for specified user's identity provider.",
        ),
    ],
)
def test_other_users_are_refused(
    changes: dict[str, Any], allowed: tuple[str, ...] | None, code: str, text: str
) -> None:
    """I-09, I-45, I-48."""
    with pytest.raises(GrantRefused) as refused:
        require_admitted(a_user(**changes), ClientSettings(allowed_providers=allowed))
    assert (refused.value.code, str(refused.value)) == (code, text)
    assert refused.value.is_unauthorized
