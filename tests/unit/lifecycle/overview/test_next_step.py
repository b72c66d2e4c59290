"""The commands of the platform that deliver a successor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from broker.instances.model import BindingSummary
from broker.lifecycle.overview.next_step import (
    Step,
    after_revocation,
    after_rotation,
    successor,
    update_commands,
)

if TYPE_CHECKING:
    from broker.instances.model import Instance
    from tests.support.domain import Domain

APP = BindingSummary("b 1", "x509", "app-1")
KEY = BindingSummary("k", "binding-secret", None)


@pytest.fixture
def instance(on_sqlite: Domain) -> Instance:
    """An instance of Cloud Foundry."""
    on_sqlite.provision("i", {"xsappname": "app"})
    context = {"platform": "cloudfoundry", "instance_name": "it's mine; reboot"}
    return replace(on_sqlite.instance("i"), context=context)


def on(instance: Instance, **context: Any) -> Instance:
    return replace(instance, context=context)


def test_names_are_quoted_for_the_shell(instance: Instance) -> None:
    quoted = """'it'"'"'s mine; reboot'"""
    assert after_revocation(instance, APP).commands == (
        "cf curl '/v3/service_credential_bindings/b 1'",
        f"cf unbind-service APP {quoted}",
        f"cf bind-service APP {quoted}",
        "cf restage APP",
    )
    assert after_revocation(instance, KEY).commands[1:] == (
        f"cf delete-service-key {quoted} KEY",
        f"cf create-service-key {quoted} KEY",
    )
    assert successor(instance, KEY).commands[1:] == (
        f"cf create-service-key {quoted} NEW-KEY",
        f"cf delete-service-key {quoted} KEY",
    )
    strange = replace(instance, instance_id="i; reboot")
    assert update_commands(strange)[1] == (
        "xsuaa-broker instances update 'i; reboot' -c xs-security.json"
    )
    unnamed = on(instance, platform="cloudfoundry")
    assert "cf service INSTANCE" in after_rotation(unnamed).commands


def test_each_platform_has_its_step(instance: Instance) -> None:
    steps = {
        platform: (
            after_rotation(on(instance, platform=platform)).step,
            successor(on(instance, platform=platform), APP).step,
            successor(on(instance, platform=platform), KEY).step,
            after_revocation(on(instance, platform=platform), APP).step,
            after_revocation(on(instance, platform=platform), KEY).step,
        )
        for platform in ("cloudfoundry", "kubernetes", "sapcp", None)
    }
    rebind = Step.REBIND
    assert steps.pop("cloudfoundry") == (
        Step.REBIND_ALL,
        rebind,
        Step.REPLACE_KEY,
        rebind,
        Step.RECREATE_KEY,
    )
    assert steps.pop("kubernetes") == (
        Step.RECREATE_ALL,
        Step.ROTATE,
        Step.ROTATE,
        Step.RECREATE,
        Step.RECREATE,
    )
    assert {each for found in steps.values() for each in found} == {Step.OTHER}
