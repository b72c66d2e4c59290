"""What descriptors say about the users of their clients."""

from __future__ import annotations

from broker.authorization.declared_settings import WITHOUT_USERS, declared_settings
from broker.descriptor.parse import parse_descriptor
from broker.identity.client_settings import ClientSettings
from broker.instances.plan import Plan


def test_an_absent_key_has_the_default() -> None:
    """I-G1."""
    descriptor = parse_descriptor({"xsappname": "app"})
    assert declared_settings(Plan.APPLICATION, descriptor) == ClientSettings(user_scopes=())
    assert declared_settings(Plan.APPLICATION, None) == ClientSettings(user_scopes=())


def test_system_attributes_without_effect_are_stored() -> None:
    """I-139."""
    given = {"system-attributes": ["groups", "ias-token"]}
    descriptor = parse_descriptor({"xsappname": "app", "oauth2-configuration": given})
    settings = declared_settings(Plan.APPLICATION, descriptor)
    assert settings.system_attributes == ("groups", "ias-token")


def test_plan_apiaccess_has_no_users() -> None:
    """D-57."""
    assert declared_settings(Plan.APIACCESS, None) == WITHOUT_USERS
    assert WITHOUT_USERS.allowed_providers == ()
