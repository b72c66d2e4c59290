"""Unbind: the binding's own credential ends, and no other (D-03)."""

from __future__ import annotations

import pytest

from broker.audit.actor import platform_actor
from broker.errors import BindingNotFound, InvalidRequest
from broker.lifecycle.requests import DeleteRequest
from tests.support.domain import APPLICATION, CALLER, SERVICE, Domain

DESCRIPTOR = {
    "xsappname": "app",
    "oauth2-configuration": {"credential-types": ["binding-secret", "instance-secret"]},
}
SHARED = {"credential-type": "instance-secret"}


def test_its_own_secret_ends_and_those_of_others_stay(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    gone, kept = on_sqlite.bind("i", "a"), on_sqlite.bind("i", "b")
    shared = on_sqlite.bind("i", "c", SHARED)
    on_sqlite.unbind("i", "a")
    on_sqlite.unbind("i", "c")
    assert [on_sqlite.accepts(each) for each in (gone, kept, shared)] == [False, True, True]


@pytest.mark.parametrize(
    ("platform", "instance", "binding"),
    [("default", "i", "b2"), ("default", "i2", "b"), ("other", "i", "b")],
)
def test_resources_that_do_not_exist_for_the_platform_are_gone(
    on_sqlite: Domain, platform: str, instance: str, binding: str
) -> None:
    """D-35: an instance of another platform is indistinguishable from a missing one."""
    on_sqlite.provision("i", DESCRIPTOR)
    credentials = on_sqlite.bind("i", "b")
    request = DeleteRequest(platform_actor(platform), instance, SERVICE, APPLICATION, binding)
    with pytest.raises(BindingNotFound):
        on_sqlite.unbind_(request)
    assert on_sqlite.accepts(credentials)


@pytest.mark.parametrize(
    ("service", "plan", "path"),
    [("other", APPLICATION, "service_id"), (SERVICE, "other", "plan_id")],
)
def test_service_and_plan_must_be_the_instance_s(
    on_sqlite: Domain, service: str, plan: str, path: str
) -> None:
    """OSB-UNB-04."""
    on_sqlite.provision("i", DESCRIPTOR)
    credentials = on_sqlite.bind("i", "b")
    with pytest.raises(InvalidRequest) as refused:
        on_sqlite.unbind_(DeleteRequest(CALLER, "i", service, plan, "b"))
    assert [violation.path for violation in refused.value.violations] == [path]
    assert on_sqlite.accepts(credentials)
