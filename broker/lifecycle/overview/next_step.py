"""The platform's commands after a change: only the platform delivers credentials (D-07, D-48)."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from broker.lifecycle.overview.migration import MigrationState

if TYPE_CHECKING:
    from broker.instances.model import BindingSummary, Instance


class Step(StrEnum):
    """What remains to be done at the platform, as a sentence."""

    REBIND_ALL = (
        "Bind each application again and re-create each service key that has the instance secret:"
        " the platform delivers the new secret with new bindings."
    )
    RECREATE_ALL = (
        "Re-create the ServiceBinding resources that have the instance secret, so that their"
        " Secrets contain the new one."
    )
    REBIND = "Bind the application again and restage it."
    REPLACE_KEY = "Create another service key, give it to its user, and delete this one afterwards."
    RECREATE_KEY = "Delete the service key, which the platform still has, and create another one."
    RECREATE = "Delete the ServiceBinding, which the platform still has, and create another one."
    ROTATE = (
        "Rotate the ServiceBinding; the previous credentials are valid until the end of"
        " rotatedBindingTTL."
    )
    OTHER = (
        "Create another binding at the platform of the service instance and delete the previous"
        " one."
    )


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step with its commands; upper-case words stand for names that the platform did not send."""

    step: Step
    commands: tuple[str, ...] = ()


_RESOURCE = "servicebindings.services.cloud.sap.com BINDING"
_RECREATE: Final = (f"kubectl delete {_RESOURCE}", "kubectl apply -f BINDING.yaml")
_POLICY = '{"spec": {"credentialsRotationPolicy": {"enabled": true}}}'
_ROTATE: Final = (
    f"kubectl patch {_RESOURCE} --type merge -p '{_POLICY}'",
    f"kubectl annotate {_RESOURCE} services.cloud.sap.com/forceRotate=true",
)
_OTHER: Final = NextStep(Step.OTHER)


def after_rotation(instance: Instance) -> NextStep:
    """Return how the bindings get a new instance secret."""
    match _platform(instance):
        case "kubernetes":
            return NextStep(Step.RECREATE_ALL, _RECREATE)
        case "cloudfoundry":
            name = _name(instance)
            commands = (f"cf service {name}", *_rebind(name), *_recreate_key(name))
            return NextStep(Step.REBIND_ALL, commands)
    return _OTHER


def successor(instance: Instance, binding: BindingSummary) -> NextStep:
    """Return how the holder of a binding gets another credential while this one is accepted."""
    name, shown = _name(instance), _shown(binding)
    match _platform(instance):
        case "kubernetes":
            return NextStep(Step.ROTATE, _ROTATE)
        case "cloudfoundry" if binding.app_guid:
            return NextStep(Step.REBIND, (shown, *_rebind(name)))
        case "cloudfoundry":
            create = f"cf create-service-key {name} NEW-KEY"
            delete = f"cf delete-service-key {name} KEY"
            return NextStep(Step.REPLACE_KEY, (shown, create, delete))
    return _OTHER


def after_revocation(instance: Instance, binding: BindingSummary) -> NextStep:
    """Return how the holder of a revoked binding gets another credential."""
    name, shown = _name(instance), _shown(binding)
    match _platform(instance):
        case "kubernetes":
            return NextStep(Step.RECREATE, _RECREATE)
        case "cloudfoundry" if binding.app_guid:
            return NextStep(Step.REBIND, (shown, *_rebind(name)))
        case "cloudfoundry":
            return NextStep(Step.RECREATE_KEY, (shown, *_recreate_key(name)))
    return _OTHER


def next_commands(instance: Instance, state: MigrationState) -> tuple[str, ...]:
    """Return the commands of the next step of the migration to credentials per binding."""
    name, platform = _name(instance), _platform(instance)
    if state in {MigrationState.SHARED, MigrationState.UNUSED}:
        return update_commands(instance)
    if platform == "kubernetes" and state is not MigrationState.DELISTED:
        return _RECREATE
    if platform == "cloudfoundry":
        return {
            MigrationState.LISTED: (f"cf create-service-key {name} NEW-KEY",),
            MigrationState.STARTED: _rebind(name),
            MigrationState.APPS: _recreate_key(name),
        }.get(state, ())
    return ()


def update_commands(instance: Instance) -> tuple[str, ...]:
    """Return the commands that update an instance to a changed xs-security.json."""
    words = "xsuaa-broker", "instances", "update", instance.instance_id, "-c", "xs-security.json"
    by_operator = shlex.join(words)
    if _platform(instance) != "cloudfoundry":
        return (by_operator,)
    return (f"cf update-service {_name(instance)} -c xs-security.json", by_operator)


def _platform(instance: Instance) -> object:
    return instance.context.get("platform")


def _name(instance: Instance) -> str:
    return shlex.quote(instance.name) if instance.name else "INSTANCE"


def _shown(binding: BindingSummary) -> str:
    """Return the command that shows the names of binding and application."""
    return shlex.join(["cf", "curl", f"/v3/service_credential_bindings/{binding.binding_id}"])


def _rebind(name: str) -> tuple[str, ...]:
    return (
        f"cf unbind-service APP {name}",
        f"cf bind-service APP {name}",
        "cf restage APP",
    )


def _recreate_key(name: str) -> tuple[str, ...]:
    return (f"cf delete-service-key {name} KEY", f"cf create-service-key {name} KEY")
