"""Platforms of the settings, with their credentials (D-35, OSB-AUTH-07)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from broker.composition.platforms import platforms_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.settings.model import Settings

TWO = {"name": "two", "user": "u2", "password": "password-of-two-2", "reads_credentials": False}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("user", "password", "name"),
    [
        ("broker", "password-of-this-test", "default"),
        ("broker", "previous-password-1", "default"),
        ("u2", "password-of-two-2", "two"),
        ("u2", "password-of-this-test", None),
        ("broker", "", None),
        ("u2", "", None),
    ],
)
def test_each_is_known_by_its_own_passwords(
    settings: Callable[..., Settings], user: str, password: str, name: str | None
) -> None:
    found = settings(
        XSUAA_BROKER_PASSWORD_PREVIOUS="previous-password-1", XSUAA_PLATFORMS=json.dumps([TWO])
    )
    platform = platforms_of(found, lambda _: "192.0.2.1").platform_of(basic(user, password))
    assert (platform and platform.name) == name
    if platform is not None:
        assert platform.reads_credentials == (name == "default")
